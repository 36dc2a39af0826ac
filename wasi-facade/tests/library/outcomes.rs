//! Tests of every way a run can end, on every engine.

use wasi_facade::snapshot::Sink;
use wasi_facade::{Contexts, Engine, Host, InterruptHandle, Outcome, Program, TrapKind, Value, WasiCtx};

/// A C program: exits with the code that `-x` tells it, after it has greeted the others of its arguments.
const HELLO: &[u8] = include_bytes!("../../../guests/c/hello.wasm");

/// A command that says a line and then does `then`, in a memory that may grow by one page.
fn module(then: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1 2)
            (table $table 2 funcref)
            (elem (table $table) (i32.const 0) func $deep)
            (data (i32.const 0) "\08\00\00\00\03\00\00\00on\n")
            (func $deep (param i32) (result i32)
                (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
            (func $says
                (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)) (then (unreachable))))
            (func (export "_start") (call $says) {then}))"#
    ))
    .unwrap()
}

/// Runs it with a handle that `when` may use before, and gives what it said, too.
fn run(program: &Program, when: impl FnOnce(&InterruptHandle)) -> (Outcome, String) {
    let (stdout, captured) = Sink::capture(1 << 10);
    let contexts = Contexts::from(WasiCtx::builder().stdout(stdout).build().unwrap());
    when(&contexts.interrupt_handle());
    let outcome = program.run(contexts).unwrap();
    (outcome, String::from_utf8(captured.bytes()).unwrap())
}

/// Asserts how a guest ends, twice with the same program, and that it spoke before.
fn ends(then: &str, host: impl Fn(Host) -> Host, is_right: impl Fn(&Outcome) -> bool) {
    for engine in Engine::ALL {
        let program = host(Host::new().engine(*engine)).compile(&module(then)).unwrap();
        for _ in 0..2 {
            let (outcome, said) = run(&program, |_| ());
            assert!(is_right(&outcome), "{engine}: {then}: {outcome:?}");
            assert_eq!(said, "on\n", "{engine}: {then}");
        }
    }
}

#[test]
fn exits() {
    ends("", |host| host, |outcome| *outcome == Outcome::Exited(0));
    for code in [0, 1, 42, 255, 256, u32::MAX] {
        let then = format!("(call $exit (i32.const {}))", code.cast_signed());
        ends(&then, |host| host, |outcome| *outcome == Outcome::Exited(code));
    }
}

#[test]
fn traps() {
    for (then, reason, kind) in [
        ("unreachable", "wasm `unreachable` instruction executed", TrapKind::Unreachable),
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            "integer divide by zero",
            TrapKind::DivisionByZero,
        ),
        (
            "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
            "integer overflow",
            TrapKind::IntegerOverflow,
        ),
        (
            "(drop (i32.trunc_f32_s (f32.const nan)))",
            "invalid conversion to integer",
            TrapKind::BadConversion,
        ),
        ("(drop (i32.load (i32.const -4)))", "out of bounds memory access", TrapKind::MemoryOutOfBounds),
        (
            "(memory.fill (i32.const 65535) (i32.const 1) (i32.const 2))",
            "out of bounds memory access",
            TrapKind::MemoryOutOfBounds,
        ),
        ("(call_indirect $table (i32.const 0))", "indirect call type mismatch", TrapKind::BadSignature),
        ("(call_indirect $table (i32.const 1))", "uninitialized element", TrapKind::IndirectCallToNull),
        (
            "(call_indirect $table (i32.const 2))",
            "undefined element: out of bounds table access",
            TrapKind::TableOutOfBounds,
        ),
        ("(drop (call $deep (i32.const 0)))", "call stack exhausted", TrapKind::StackOverflow),
        // A call that cannot give an errno, since its result has nowhere to go.
        (
            "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const -1)))",
            "4 bytes at 0xffffffff are not all in the guest's memory of 65536 bytes",
            TrapKind::Host,
        ),
    ] {
        ends(
            then,
            |host| host,
            |outcome| matches!(outcome, Outcome::Trapped(trap) if trap.reason.contains(reason) && trap.kind() == kind),
        );
    }
}

#[test]
fn interruptions() {
    let spins = "(loop $again (br $again))";
    let host = |engine: &Engine| Host::new().engine(*engine).interruptible();
    for engine in Engine::ALL {
        let program = host(engine).compile(&module(spins)).unwrap();
        for _ in 0..2 {
            assert_eq!(
                run(&program, |handle| assert!(handle.interrupt())).0,
                Outcome::Interrupted,
                "{engine}"
            );
        }
    }
}

#[test]
fn fuel() {
    let is_right = |outcome: &Outcome| *outcome == Outcome::OutOfFuel;
    ends("(loop $again (br $again))", |host| host.fuel(100_000), is_right);
    // In the middle of calls of the host.
    ends(
        "(loop $again (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 32))) (br $again))",
        |host| host.fuel(100_000),
        is_right,
    );
}

/// A guest that traps once its memory could not grow, whatever the trap.
#[test]
fn memory() {
    let is_right = |outcome: &Outcome| matches!(outcome, Outcome::OutOfMemory(_));
    let grows = |pages: u32, then: &str| {
        format!("(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then {then}))")
    };
    for then in ["unreachable", "(drop (i32.load (i32.const -4)))", "(drop (call $deep (i32.const 0)))"] {
        ends(&grows(1, then), |host| host.max_memory(1 << 16), is_right);
    }
    // A guest that copes is not blamed, and a trap with memory to spare is a trap.
    let page = |host: Host| host.max_memory(2 << 16);
    let copes = grows(2, "(drop (memory.grow (i32.const 1)))");
    ends(&copes, page, |outcome| *outcome == Outcome::Exited(0));
    ends(&format!("{copes} unreachable"), page, |outcome| matches!(outcome, Outcome::Trapped(_)));
}

/// The module's own maximum counts where the engine tells that it was reached.
#[test]
fn memory_of_the_modules_own_choice() {
    let grows = "(drop (memory.grow (i32.const 2))) unreachable";
    for engine in Engine::ALL {
        let (outcome, _) = run(&Host::new().engine(*engine).compile(&module(grows)).unwrap(), |_| ());
        match engine.name() {
            "wasmi" => assert!(matches!(outcome, Outcome::Trapped(_)), "{outcome:?}"),
            _ => assert!(matches!(outcome, Outcome::OutOfMemory(_)), "{outcome:?}"),
        }
    }
}

/// The host sets no limit to speak of, and no machine has as much. wasmi has no memories of such sizes.
#[cfg(feature = "wasmtime")]
#[test]
fn memory_that_the_system_does_not_have() {
    let text = r#"(module (memory i64 1)
        (func (export "_start") (drop (memory.grow (i64.const 0x100000000000))) unreachable))"#;
    let host = Host::new().engine(Engine::Wasmtime).max_memory(usize::MAX);
    let (outcome, _) = run(&host.compile(&wat::parse_str(text).unwrap()).unwrap(), |_| ());
    assert!(matches!(outcome, Outcome::OutOfMemory(_)), "{outcome:?}");
}

/// To grow so far takes more of wasmi's fuel than it is handed at once, so that it pauses and tries again.
#[test]
fn growth_is_paid_for_once() {
    let text = r#"(module (memory 1) (table $table 1 funcref)
        (func (export "memory") (result i32) (memory.grow (i32.const 1000)))
        (func (export "table") (result i32) (table.grow $table (ref.null func) (i32.const 9000000))))"#;
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible().max_memory(100 << 20);
        let program = host.compile(&wat::parse_str(text).unwrap()).unwrap();
        for name in ["memory", "table"] {
            let outcome = program.invoke(name, &[], WasiCtx::builder().build().unwrap()).unwrap();
            assert_eq!(outcome, Outcome::Returned(vec![Value::I32(1)]), "{engine}: {name}");
        }
    }
}

/// What a module does before it has an instance counts as well.
#[test]
fn in_a_start_function() {
    let start = |body: &str| {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func $first BODY)
            (start $first)
            (func (export "_start")))"#;
        wat::parse_str(text.replace("BODY", body)).unwrap()
    };
    for engine in Engine::ALL {
        let ends =
            |host: Host, body: &str| run(&host.engine(*engine).compile(&start(body)).unwrap(), |_| ()).0;
        assert_eq!(ends(Host::new(), ""), Outcome::Exited(0));
        assert_eq!(ends(Host::new(), "(call $exit (i32.const 9))"), Outcome::Exited(9));
        assert!(matches!(ends(Host::new(), "unreachable"), Outcome::Trapped(_)));
        let grows = "(drop (memory.grow (i32.const 1))) unreachable";
        assert!(matches!(ends(Host::new().max_memory(1 << 16), grows), Outcome::OutOfMemory(_)));
        assert_eq!(ends(Host::new().fuel(1000), "(loop $again (br $again))"), Outcome::OutOfFuel);
    }
}

#[test]
fn a_c_program() {
    for engine in Engine::ALL {
        let run = |host: Host, code: &str| {
            let (stdout, captured) = Sink::capture(1 << 10);
            let ctx = WasiCtx::builder().args(["hello", "world", "-x", code]).stdout(stdout).build().unwrap();
            let outcome = host.engine(*engine).run(HELLO, ctx).unwrap();
            (outcome, String::from_utf8(captured.bytes()).unwrap())
        };
        assert_eq!(run(Host::new(), "0"), (Outcome::Exited(0), "hello, world\n".to_owned()));
        assert_eq!(run(Host::new(), "7"), (Outcome::Exited(7), "hello, world\n".to_owned()));
        assert_eq!(run(Host::new().fuel(100), "7"), (Outcome::OutOfFuel, String::new()));
    }
}

/// Compiled code knows where it trapped; an interpreter does not.
#[cfg(feature = "wasmtime")]
#[test]
fn a_trap_names_functions_where_the_engine_knows_them() {
    let named = module("unreachable");
    let trapped = |host: Host| match run(&host.compile(&named).unwrap(), |_| ()).0 {
        Outcome::Trapped(trap) => trap,
        other => panic!("{other:?}"),
    };
    assert!(trapped(Host::new().engine(Engine::Wasmtime)).backtrace.is_some());
    #[cfg(feature = "wasmi")]
    assert_eq!(trapped(Host::new().engine(Engine::Wasmi)).backtrace, None);
}

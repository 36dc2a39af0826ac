//! Tests of live instances: many calls of one guest, by name and by handle, its memory, its contexts and its usage.

use std::time::Duration;
use wasi_facade::policy::MemoryFault;
use wasi_facade::snapshot::{Access, MemDir, MemLimits, Perms, Sink};
use wasi_facade::{
    CallError, ContextOf, Contexts, Engine, Host, Instance, Outcome, Program, Reason, Snapshot, TypedFunc,
    Value, WasiCtx,
};

/// A reactor that counts its calls, from ten on, and says whether it is ready.
const REACTOR: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1 3)
    (global $calls (mut i32) (i32.const 0))
    (data (i32.const 0) "\20\00\00\00\05\00\00\00")
    (data (i32.const 32) "hello\ff")
    (func (export "_initialize") (global.set $calls (i32.add (global.get $calls) (i32.const 10))))
    (func (export "count") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (global.get $calls))
    (func (export "write") (param $fd i32) (result i32)
        (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "byte") (param $at i32) (result i32) (i32.load8_u (local.get $at))))"#;

/// Gives back what it gets.
const ECHO: &str = r#"(module
    (func (export "nothing"))
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "v128") (param v128) (result v128) (local.get 0))
    (func (export "backwards") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        (local.get 3) (local.get 2) (local.get 1) (local.get 0))
    (func (export "ten") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 9))
    (func (export "reference") (param externref)))"#;

fn context() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

fn program(engine: Engine, text: &str) -> Program {
    Host::new().engine(engine).compile(&wat::parse_str(text).unwrap()).unwrap()
}

fn start(engine: Engine, text: &str) -> Instance {
    program(engine, text).start(context()).unwrap()
}

fn returned(value: impl Into<Value>) -> Outcome {
    Outcome::Returned(vec![value.into()])
}

#[test]
fn a_guest_lives_from_call_to_call() {
    for &engine in Engine::ALL {
        let program = program(engine, REACTOR);
        let mut instance = program.start(context()).unwrap();
        let mut other = program.start(context()).unwrap();
        assert_eq!(instance.call("count", &[]).unwrap(), returned(11), "{engine}");
        assert_eq!(instance.call("count", &[]).unwrap(), returned(12), "{engine}");
        // Instances share nothing but the code, and runs have one each.
        assert_eq!(other.call("count", &[]).unwrap(), returned(11), "{engine}");
        assert_eq!(program.invoke("count", &[], context()).unwrap(), returned(11), "{engine}");
        let count = instance.func::<(), i32>("count").unwrap();
        assert_eq!(count.call(&mut instance, ()).unwrap(), 13, "{engine}");
        assert_eq!(count.clone().call(&mut instance, ()).unwrap(), 14, "{engine}");
        assert_eq!(instance.ended(), None);
    }
}

#[test]
fn it_goes_from_thread_to_thread() {
    fn is_send<T: Send + std::fmt::Debug>(_: &T) {}
    for &engine in Engine::ALL {
        let mut instance = start(engine, REACTOR);
        is_send(&instance);
        let count: TypedFunc<(), u32> = instance.func("count").unwrap();
        for calls in 11..14 {
            instance = std::thread::scope(|scope| {
                let called = scope.spawn(|| {
                    assert_eq!(count.call(&mut instance, ()).unwrap(), calls, "{engine}");
                    instance
                });
                called.join().unwrap()
            });
        }
        assert!(format!("{instance:?} {count:?}").contains("Instance"));
    }
}

#[test]
fn numbers_of_all_types() {
    for &engine in Engine::ALL {
        let mut echo = start(engine, ECHO);
        for value in [
            Value::I32(i32::MIN),
            Value::I64(i64::MIN),
            Value::F32(0.1),
            Value::F64(-0.0),
            Value::V128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
        ] {
            let name = value.ty().to_string();
            assert_eq!(echo.call(&name, &[value]).unwrap(), Outcome::Returned(vec![value]), "{engine}");
        }
        let values = [Value::I32(1), Value::I64(2), Value::F32(3.5), Value::F64(4.5)];
        let mut backwards = values.to_vec();
        backwards.reverse();
        let outcome = echo.call("backwards", &values).unwrap();
        assert_eq!(outcome, Outcome::Returned(backwards), "{engine}");
        assert_eq!(echo.call("nothing", &[]).unwrap(), Outcome::Returned(vec![]), "{engine}");

        macro_rules! typed {
            ($($name:literal $types:ty: $value:expr;)*) => {$(
                let function = echo.func::<$types, $types>($name).unwrap();
                assert_eq!(function.call(&mut echo, $value).unwrap(), $value, "{engine}");
            )*};
        }
        typed! {
            "nothing" (): ();
            "i32" i32: i32::MIN;
            "i32" u32: u32::MAX;
            "i64" i64: i64::MIN;
            "i64" u64: u64::MAX;
            "f32" f32: 0.1;
            "f64" f64: 0.1;
            "i64" (i64,): (i64::MIN,);
        }
        let backwards = echo.func::<(u32, i64, f32, f64), (f64, f32, u64, i32)>("backwards").unwrap();
        assert_eq!(backwards.call(&mut echo, (1, 2, 3.5, 4.5)).unwrap(), (4.5, 3.5, 2, 1), "{engine}");
        type Ten = (u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);
        let ten = echo.func::<Ten, u32>("ten").unwrap();
        assert_eq!(ten.call(&mut echo, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)).unwrap(), 9, "{engine}");
    }
}

#[test]
fn what_cannot_be_called_is_named() {
    for &engine in Engine::ALL {
        let mut echo = start(engine, ECHO);
        let named = |error: wasi_facade::Error, text: &str| {
            assert_eq!(error.to_string(), format!("the module {text}"), "{engine}");
        };
        let functions =
            "exports no function `sub`; its functions are: nothing, i32, i64, f32, f64 and 4 more";
        named(echo.call("sub", &[]).unwrap_err(), functions);
        named(echo.func::<(), ()>("sub").unwrap_err(), functions);
        named(
            echo.call("i32", &[Value::I64(1), Value::V128(1)]).unwrap_err(),
            "exports `i32` as (i32) -> i32; pass arguments of these types, not (i64, v128)",
        );
        named(
            echo.func::<i64, (f32, f64)>("i32").unwrap_err(),
            "exports `i32` as (i32) -> i32; ask for it with these types, not as (i64) -> (f32, f64)",
        );
        let reference = "exports `reference` with types other than i32, i64, f32, f64 and v128; call a function of numbers";
        named(echo.call("reference", &[]).unwrap_err(), reference);
        named(echo.func::<(), ()>("reference").unwrap_err(), reference);
        // The guest is as it was.
        assert_eq!(echo.call("i32", &[Value::I32(7)]).unwrap(), returned(7), "{engine}");
    }
}

#[test]
fn a_function_is_of_one_instance() {
    for &engine in Engine::ALL {
        let program = program(engine, REACTOR);
        let mut first = program.start(context()).unwrap();
        let count = first.func::<(), i32>("count").unwrap();
        let others = Engine::ALL.iter().map(|other| start(*other, REACTOR));
        for mut other in others.chain([program.start(context()).unwrap()]) {
            let CallError::Error(error) = count.call(&mut other, ()).unwrap_err() else { panic!("{engine}") };
            assert!(matches!(error.reason(), Reason::OtherInstance), "{engine}: {error}");
            assert_eq!(other.call("count", &[]).unwrap(), returned(11), "{engine}");
        }
        assert_eq!(count.call(&mut first, ()).unwrap(), 11, "{engine}");
    }
}

#[test]
fn the_memory_is_read_and_written() {
    for &engine in Engine::ALL {
        let mut instance = start(engine, REACTOR);
        let mut memory = instance.memory();
        assert_eq!(memory.size(), Ok(65536), "{engine}");
        assert_eq!(memory.text(32, 5).unwrap(), "hello", "{engine}");
        assert_eq!(memory.text(32, 6), Err(MemoryFault::NotText { ptr: 32, len: 6 }), "{engine}");
        memory.write_slice(65534, b"no").unwrap();
        assert_eq!(&*memory.bytes(65533, 3).unwrap(), b"\0no", "{engine}");
        let outside = memory.write_slice(65535, b"no").unwrap_err();
        assert_eq!(outside, MemoryFault::OutOfBounds { ptr: 65535, len: 2, size: 65536 }, "{engine}");
        assert!(outside.to_string().contains("memory of 65536 bytes"), "{outside}");
        assert!(memory.bytes(u32::MAX, u32::MAX).is_err(), "{engine}");
        assert_eq!(
            instance.call("byte", &[Value::I32(65535)]).unwrap(),
            returned(i32::from(b'o')),
            "{engine}"
        );
        assert_eq!(instance.call("grow", &[]).unwrap(), returned(1), "{engine}");
        assert_eq!(instance.memory().size(), Ok(131_072), "{engine}");
        assert_eq!(start(engine, ECHO).memory().size(), Err(MemoryFault::Missing), "{engine}");
    }
}

/// wasmi has no shared memories and, in a memory of 64 bits, the same fault.
#[cfg(feature = "wasmtime")]
#[test]
fn shared_and_large_memories() {
    let shared = r#"(module (memory (export "memory") 1 2 shared)
        (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let mut instance = start(Engine::Wasmtime, shared);
    instance.memory().write_slice(7, "hé".as_bytes()).unwrap();
    assert_eq!(instance.memory().text(7, 3).unwrap(), "hé");
    assert_eq!(instance.memory().size(), Ok(65536));
    assert_eq!(instance.call("byte", &[Value::I32(7)]).unwrap(), returned(i32::from(b'h')));
    let mut large = start(Engine::Wasmtime, r#"(module (memory (export "memory") i64 1))"#);
    assert_eq!(large.memory().read_u8(0), Err(MemoryFault::SixtyFourBit));
}

#[test]
fn contexts_change_between_calls_and_come_back() {
    for &engine in Engine::ALL {
        let (stdout, captured) = Sink::capture(1 << 10);
        let program = program(engine, REACTOR);
        let mut instance = program.start(WasiCtx::builder().stdout(stdout).build().unwrap()).unwrap();
        let write = instance.func::<u32, u32>("write").unwrap();
        assert_eq!(write.call(&mut instance, 1).unwrap(), 0, "{engine}");
        assert_eq!(captured.bytes(), b"hello", "{engine}");
        // A file, for as many bytes as there is a quota.
        let badf = write.call(&mut instance, 3).unwrap();
        assert_eq!(badf, 8, "{engine}");
        let file = tempfile::tempfile().unwrap();
        let ctx = instance.context::<Snapshot>();
        ctx.set_bytes_left(7);
        assert_eq!(ctx.push_file(file.try_clone().unwrap(), Access::Write).unwrap(), 3, "{engine}");
        assert_eq!(write.call(&mut instance, 3).unwrap(), 0, "{engine}");
        assert_eq!(instance.usage().bytes_written, 5, "{engine}");
        // The rest of the quota, and then nothing: `dquot`.
        assert_eq!(write.call(&mut instance, 3).unwrap(), 0, "{engine}");
        assert_eq!(write.call(&mut instance, 3).unwrap(), 19, "{engine}");
        assert_eq!(instance.usage().bytes_written, 7, "{engine}");
        instance.context::<Snapshot>().set_bytes_left(u64::MAX);
        assert_eq!(write.call(&mut instance, 3).unwrap(), 0, "{engine}");
        assert_eq!((file.metadata().unwrap().len(), instance.usage().bytes_written), (12, 12), "{engine}");
        // Another guest has what is left.
        let mut next = program.start(instance.into_contexts()).unwrap();
        assert_eq!(next.call("write", &[Value::I32(3)]).unwrap(), returned(0), "{engine}");
        let mut contexts = next.into_contexts();
        let dir = MemDir::new(MemLimits::default());
        assert_eq!(contexts.context::<Snapshot>().push_dir(dir, "/d", Perms::read_only()).unwrap(), 4);
        let ctx: WasiCtx = contexts.into_context::<Snapshot>();
        assert_eq!((ctx.fds().count(), ctx.bytes_written()), (5, 17), "{engine}");
        assert_eq!(captured.bytes(), b"hello", "{engine}");
    }
}

#[test]
fn usage_adds_up() {
    for &engine in Engine::ALL {
        let host = Host::new().engine(engine);
        let module = wat::parse_str(REACTOR).unwrap();
        let mut plain = host.compile(&module).unwrap().start(context()).unwrap();
        assert_eq!(plain.call("grow", &[]).unwrap(), returned(1), "{engine}");
        let usage = plain.usage();
        assert_eq!((usage.fuel, usage.time, usage.bytes_written), (None, None, 0), "{engine}");
        assert_eq!((usage.memory, usage.memory_peak), (131_072, 131_072), "{engine}");

        let counted = host.clone().fuel(10_000).timeout(Duration::from_secs(3600)).compile(&module).unwrap();
        let mut instance = counted.start(context()).unwrap();
        let count = instance.func::<(), i32>("count").unwrap();
        let mut used = vec![instance.usage().fuel.unwrap()];
        let mut time = instance.usage().time.unwrap();
        for _ in 0..3 {
            count.call(&mut instance, ()).unwrap();
            used.push(instance.usage().fuel.unwrap());
            let now = instance.usage().time.unwrap();
            assert!(now > time, "{engine}");
            time = now;
        }
        assert!(used[1] > used[0] && used[2] - used[1] == used[1] - used[0], "{engine}: {used:?}");
        assert_eq!(used[3] - used[2], used[2] - used[1], "{engine}: {used:?}");

        // A run is a start and what comes after it.
        let (outcome, usage) = counted.run_with_usage(context()).unwrap();
        assert_eq!((outcome, usage.fuel), (Outcome::Exited(0), Some(used[0])), "{engine}");
        let (_, usage) = host.compile(&module).unwrap().run_with_usage(context()).unwrap();
        assert!(usage.time.unwrap() > Duration::ZERO, "{engine}");
        assert_eq!((usage.fuel, usage.memory), (None, 65536), "{engine}");
    }
}

/// On a thread with the stack that the host was told, call by call.
#[test]
fn each_call_has_the_stack() {
    let deep = r#"(module (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))"#;
    for &engine in Engine::ALL {
        let host = Host::new().engine(engine).stack(16 << 20);
        let mut instance = host.compile(&wat::parse_str(deep).unwrap()).unwrap().start(context()).unwrap();
        let typed = instance.func::<i32, i32>("deep").unwrap();
        for _ in 0..2 {
            assert_eq!(instance.call("deep", &[Value::I32(60_000)]).unwrap(), returned(60_000), "{engine}");
            assert_eq!(typed.call(&mut instance, 60_000).unwrap(), 60_000, "{engine}");
        }
    }
}

/// Contexts without a proposal, for modules that import nothing.
#[test]
fn contexts_of_nothing() {
    let mut contexts = Contexts::from(context());
    assert_eq!(contexts.context::<Snapshot>().fds().count(), 3);
}

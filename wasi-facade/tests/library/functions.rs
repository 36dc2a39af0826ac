//! Tests of functions of the embedder's own, given as closures.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasi_facade::policy::Trap;
use wasi_facade::{Contexts, Engine, Host, Outcome, Reason, TrapKind, Value, WasiCtx};

fn context() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Passes numbers of all types on, and a text that it wrote.
const CALLS: &str = r#"(module
    (import "env" "log" (func $log (param i32 i32)))
    (import "env" "mix" (func $mix (param i32 i64 f32 f64) (result f64)))
    (import "env" "i64" (func $i64 (param i64) (result i64)))
    (import "env" "f32" (func $f32 (param f32) (result f32)))
    (import "env" "fail" (func $fail (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello")
    (func (export "log") (param i32 i32) (call $log (local.get 0) (local.get 1)))
    (func (export "mix") (param i32 i64 f32 f64) (result f64)
        (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "i64") (param i64) (result i64) (call $i64 (local.get 0)))
    (func (export "f32") (param f32) (result f32) (call $f32 (local.get 0)))
    (func (export "fail") (result i32) (call $fail))
    (func (export "exit") (call $exit (i32.const 4))))"#;

fn host(engine: Engine, lines: &Arc<Mutex<Vec<String>>>) -> Host {
    let lines = Arc::clone(lines);
    Host::new()
        .engine(engine)
        .func("env", "log", move |memory, (text, len): (u32, u32)| {
            lines.lock().unwrap().push(memory.text(text, len)?.into_owned());
            Ok(())
        })
        .func("env", "mix", |_, (a, b, c, d): (u32, i64, f32, f64)| {
            Ok(f64::from(a) + b as f64 + f64::from(c) + d)
        })
        .func("env", "i64", |_, (a,): (u64,)| Ok(!a))
        .func("env", "f32", |_, (a,): (f32,)| Ok(-a))
        .func("env", "fail", |mut memory, (): ()| {
            memory.write_u8(0, 7)?;
            Err::<u32, _>(Trap::Host("the wire is cut".into()))
        })
        .func("env", "unused", |_, (): ()| Ok(()))
}

#[test]
fn guests_call_them_next_to_proposals() {
    for &engine in Engine::ALL {
        let lines = Arc::default();
        let program = host(engine, &lines).compile(&binary(CALLS)).unwrap();
        let mut instance = program.start(context()).unwrap();
        let mut calls = |name: &str, args: &[Value]| match instance.call(name, args).unwrap() {
            Outcome::Returned(values) => values,
            other => panic!("{engine}: {name}: {other:?}"),
        };
        calls("log", &[Value::I32(16), Value::I32(5)]);
        calls("log", &[Value::I32(17), Value::I32(2)]);
        assert_eq!(*lines.lock().unwrap(), ["hello", "el"], "{engine}");
        let numbers = [Value::I32(-1), Value::I64(-2), Value::F32(0.5), Value::F64(0.25)];
        assert_eq!(calls("mix", &numbers), [Value::F64(4_294_967_293.75)], "{engine}");
        assert_eq!(calls("i64", &[Value::I64(1)]), [Value::I64(-2)], "{engine}");
        assert_eq!(calls("f32", &[Value::F32(1.5)]), [Value::F32(-1.5)], "{engine}");
        let Outcome::Trapped(trap) = instance.call("fail", &[]).unwrap() else { panic!("{engine}") };
        assert_eq!((trap.kind(), trap.reason.as_str()), (TrapKind::Host, "the wire is cut"), "{engine}");
        assert_eq!(instance.memory().read_u8(0), Ok(7), "{engine}");

        // A pointer outside, and an exit by the proposal beside them.
        let outside = [Value::I32(65535), Value::I32(2)];
        let Outcome::Trapped(trap) = program.invoke("log", &outside, context()).unwrap() else {
            panic!("{engine}")
        };
        assert!(trap.reason.contains("memory of 65536 bytes"), "{engine}: {trap:?}");
        assert_eq!(program.invoke("exit", &[], context()).unwrap(), Outcome::Exited(4), "{engine}");
    }
}

/// It is kept to the guest, which has ended then, and nothing of the call goes on.
#[test]
fn a_panic_of_theirs_ends_the_guest() {
    let guest = binary(
        r#"(module (import "env" "panics" (func $panics))
            (func (export "calls") (call $panics))
            (func (export "count") (result i32) (i32.const 1)))"#,
    );
    for &engine in Engine::ALL {
        let host = Host::new().engine(engine).timeout(Duration::from_secs(3600));
        let host = host.func("env", "panics", |_, (): ()| -> Result<(), Trap> { panic!("a {}", "mistake") });
        for host in [host.clone(), host.stack(1 << 20)] {
            let mut instance = host.compile(&guest).unwrap().start(context()).unwrap();
            let count = instance.func::<(), u32>("count").unwrap();
            assert_eq!(count.call(&mut instance, ()).unwrap(), 1, "{engine}");
            let Outcome::Trapped(trap) = instance.call("calls", &[]).unwrap() else { panic!("{engine}") };
            assert_eq!(trap.kind(), TrapKind::Host, "{engine}");
            assert_eq!(trap.reason, "a host function panicked: a mistake", "{engine}");
            let error = count.call(&mut instance, ()).unwrap_err();
            assert!(error.to_string().contains("a host function panicked"), "{engine}: {error}");
        }
    }
}

/// Whatever the order of the host's settings.
#[test]
fn they_stay_when_the_host_changes() {
    struct Nothing;
    impl wasi_facade::policy::Proposal for Nothing {
        const DESCRIPTOR: wasi_facade::policy::Descriptor =
            wasi_facade::policy::Descriptor::new("nothing", wasi_facade::policy::Stage::Five)
                .linked_without_flag();
        const VERSION: &'static str = "0.1.0";
        type Context = ();

        fn register<T: 'static, L: wasi_facade::policy::Linker<T>>(
            _: wasi_facade::policy::Permit<Self>,
            _: &mut L,
            _: impl Fn(&mut T) -> &mut () + Copy + Send + Sync + 'static,
        ) -> Result<(), wasi_facade::policy::LinkError> {
            Ok(())
        }
    }
    for &engine in Engine::ALL {
        let lines = Arc::default();
        let host = host(engine, &lines).with::<Nothing>().clone();
        let contexts = Contexts::from(context()).with::<Nothing>(());
        let outcome = host.compile(&binary(CALLS)).unwrap().invoke("i64", &[Value::I64(0)], contexts);
        assert_eq!(outcome.unwrap(), Outcome::Returned(vec![Value::I64(-1)]), "{engine}");
    }
}

#[test]
fn a_module_is_held_to_their_types() {
    for &engine in Engine::ALL {
        let host = host(engine, &Arc::default());
        let module = binary(r#"(module (import "env" "i64" (func (param i32) (result i64))))"#);
        let error = host.compile(&module).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the module imports env.i64 as (i32) -> i64, but it is (i64) -> i64; build it with a current toolchain"
        );
        // A function of this name that is none of theirs is nobody's.
        let module = binary(r#"(module (import "env" "other" (func)) (import "env" "unused" (func)))"#);
        let error = host.compile(&module).unwrap_err();
        assert!(
            matches!(error.reason(), Reason::Unknown { imports, .. } if imports == &["env.other"]),
            "{error}"
        );
        assert!(host.trap_unknown_imports().compile(&module).is_ok(), "{engine}");
    }
}

#[test]
fn what_is_offered_twice_is_an_error() {
    let nothing = binary("(module)");
    for &engine in Engine::ALL {
        let host = host(engine, &Arc::default());
        assert!(host.compile(&nothing).is_ok(), "{engine}");
        let twice = host.clone().func("env", "log", |_, (): ()| Ok(()));
        let error = twice.compile(&nothing).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the module cannot be linked: cannot define the import `env.log`: it is defined already"
        );
        let clash = host.func("wasi_snapshot_preview1", "fd_write", |_, (): ()| Ok(0u32));
        let error = clash.compile(&nothing).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the module cannot be linked: cannot define the import `wasi_snapshot_preview1.fd_write`: \
             the proposal `snapshot` offers it"
        );
    }
}

#[test]
fn what_a_module_needs_counts_them_as_the_hosts() {
    let host = host(Engine::default(), &Arc::default());
    let needs = host.needs("m", &binary(CALLS)).unwrap();
    assert_eq!(needs.host, ["env.log", "env.mix", "env.i64", "env.f32", "env.fail"]);
    assert!(needs.nobody.is_empty());
    assert_eq!(needs.proposals.len(), 1);
}

/// Compiled code has no closures in it: another host's take their places.
#[cfg(feature = "cache")]
#[test]
fn code_from_a_cache_calls_those_of_its_host() {
    let dir = tempfile::tempdir().unwrap();
    let module = binary(
        r#"(module (import "env" "n" (func $n (result i32))) (func (export "n") (result i32) (call $n)))"#,
    );
    for number in [1u32, 2] {
        let cache = wasi_facade::Cache::open(dir.path().join("cache")).unwrap();
        let host =
            Host::new().engine(Engine::Wasmtime).cache(cache).func("env", "n", move |_, (): ()| Ok(number));
        let outcome = host.compile(&module).unwrap().invoke("n", &[], context()).unwrap();
        assert_eq!(outcome, Outcome::Returned(vec![number.into()]));
    }
}

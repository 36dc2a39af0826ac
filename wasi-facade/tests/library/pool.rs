//! Tests of hosts that keep room for a number of instances.

use std::time::Duration;
use wasi_facade::snapshot::Sink;
use wasi_facade::{Engine, Host, Outcome, Program, Reason, Value, WasiCtx};

const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"#;

/// A C program that greets its arguments.
const HELLO: &[u8] = include_bytes!("../../../guests/c/hello.wasm");

fn context() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

fn compile(host: &Host, text: &str) -> Program {
    host.compile(&wat::parse_str(text).unwrap()).unwrap()
}

fn returned(value: i32) -> Outcome {
    Outcome::Returned(vec![Value::I32(value)])
}

#[test]
fn there_is_room_for_so_many() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).pool(2);
        let program = compile(&host, GUEST);
        let mut first = program.start(context()).unwrap();
        assert_eq!(
            first.call("store", &[Value::I32(65532), Value::I32(7)]).unwrap(),
            Outcome::Returned(vec![])
        );
        let second = program.start(context()).unwrap();
        // A program has a pool of its own.
        drop(compile(&host, GUEST).start(context()).unwrap());
        if engine.name() == "wasmi" {
            assert_eq!(program.run(context()).unwrap(), Outcome::Exited(0));
            continue;
        }
        for _ in 0..2 {
            let error = program.start(context()).unwrap_err();
            assert!(matches!(error.reason(), Reason::PoolInUse { instances: 2 }), "{error}");
            assert_eq!(
                error.to_string(),
                "the module has 2 live instances, which are all that its pool has room for; drop one, or have a larger \
                 one with `Host::pool`"
            );
        }
        drop(first);
        // What the first one wrote is not there.
        let mut third = program.start(context()).unwrap();
        assert_eq!(third.call("load", &[Value::I32(65532)]).unwrap(), returned(0));
        drop((second, third));
        assert_eq!(program.run(context()).unwrap(), Outcome::Exited(0));
    }
}

#[test]
fn memory_is_bounded_as_without() {
    for engine in Engine::ALL {
        for host in [Host::new(), Host::new().pool(1)] {
            let host = host.engine(*engine).max_memory(3 << 16);
            let mut instance = compile(&host, GUEST).start(context()).unwrap();
            for (pages, gives) in [(3, -1), (2, 1), (1, -1)] {
                let outcome = instance.call("grow", &[Value::I32(pages)]).unwrap();
                assert_eq!(outcome, returned(gives), "{engine}: {pages}");
            }
            let large = compile(&host, "(module (memory 4))").start(context()).unwrap_err();
            assert!(matches!(large.reason(), Reason::Limits(_)), "{engine}: {large}");
        }
    }
}

/// Memories and tables of any number and size, which the pool is made for.
#[test]
fn modules_of_all_shapes() {
    let programs = [
        "(module)",
        "(module (memory 1) (memory 2) (memory 0))",
        "(module (table 300000 funcref) (table 1 externref) (memory 100))",
        "(module (tag $t) (func (export \"_start\") (block $b (try_table (catch $t $b) (throw $t)))))",
        "(module (memory 1 2 shared))",
    ];
    for engine in Engine::ALL {
        for text in programs {
            let plain = Host::new().engine(*engine).compile(&wat::parse_str(text).unwrap());
            let pooled = Host::new().engine(*engine).pool(3).compile(&wat::parse_str(text).unwrap());
            match (plain, pooled) {
                (Ok(_), Ok(pooled)) => {
                    let started = [(); 3].map(|()| pooled.start(context()).unwrap());
                    assert!(started.iter().all(|instance| instance.ended().is_none()), "{engine}: {text}");
                }
                (_, Err(pooled)) if text.contains("shared") && engine.name() != "wasmi" => {
                    assert!(matches!(pooled.reason(), Reason::SharedInPool), "{pooled}");
                }
                (Err(plain), Err(pooled)) => assert_eq!(plain.to_string(), pooled.to_string()),
                other => panic!("{engine}: {text}: {other:?}"),
            }
        }
        let host = Host::new().engine(*engine).pool(1).timeout(Duration::from_secs(3600)).fuel(u64::MAX);
        let (stdout, captured) = Sink::capture(64);
        let ctx = WasiCtx::builder().args(["hello", "you"]).stdout(stdout).build().unwrap();
        assert_eq!(host.run(HELLO, ctx).unwrap(), Outcome::Exited(0), "{engine}");
        assert_eq!(captured.bytes(), b"hello, you\n", "{engine}");
    }
}

#[cfg(feature = "cache")]
#[test]
fn compiled_code_has_a_pool_too() {
    let dir = tempfile::tempdir().unwrap();
    let (module, compiled) = (dir.path().join("m.wasm"), dir.path().join("m.cwasm"));
    std::fs::write(&module, wat::parse_str(GUEST).unwrap()).unwrap();
    let cache = wasi_facade::Cache::open(dir.path().join("cache")).unwrap();
    let host = Host::new().engine(Engine::Wasmtime).cache(cache).pool(1);
    assert!(host.find_cached("m", &module).unwrap().is_none());
    drop(compile(&host, GUEST));
    let found = host.find_cached("m", &module).unwrap().expect("it was compiled");
    std::fs::write(&compiled, host.precompile("m", &std::fs::read(&module).unwrap()).unwrap()).unwrap();
    // SAFETY: the file is what `precompile` gave, and nobody else knows it.
    #[allow(unsafe_code, reason = "loading compiled code asks for it")]
    let loaded = unsafe { host.load_precompiled("m", &compiled) }.unwrap();
    for program in [found, loaded] {
        let _kept = program.start(context()).unwrap();
        let error = program.start(context()).unwrap_err();
        assert!(matches!(error.reason(), Reason::PoolInUse { instances: 1 }), "{error}");
    }
}

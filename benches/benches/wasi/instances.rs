//! Benches of live instances, as a host of the facade has them, each beside the engine's own instance of the same module.

use crate::running::ENGINE;
use crate::sides::Group;
use criterion::Criterion;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};
use wasi_facade::{Host, Instance, Program, Value, WasiCtx};
use wasmtime::{Config, Engine, InstancePre, Linker, Module, PoolingAllocationConfig, Store, Val};

/// Threads that start instances at the same time.
const THREADS: u64 = 2;

/// The instances that pools have room for.
const ROOM: u32 = 100;

/// The engine beside hosts with a pool, of the sizes that these have.
static POOLED: LazyLock<Engine> = LazyLock::new(|| {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(ROOM)
        .total_memories(ROOM)
        .total_tables(0)
        .max_memory_size(1 << 32)
        .linear_memory_keep_resident(1 << 16);
    let mut config = Config::new();
    config.allocation_strategy(pool);
    Engine::new(&config).expect("addresses suffice for some hundred memories")
});

/// A guest that imports nothing, with a page of memory, which its only function looks at.
const GUEST: &str = r#"(module (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32)
        (i32.add (i32.load (i32.const 0)) (i32.add (local.get 0) (local.get 1)))))"#;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "instances");
    let module = wat::parse_str(GUEST).expect("the guest is valid");
    let module = &module;
    let program = |host: Host| host.compile(module).expect("the guest is valid");
    let day = Duration::from_secs(24 * 60 * 60);
    let limited = || program(Host::new().timeout(day));

    group.side("call by a handle", "ours", || by_handle(start(&program(Host::new()))));
    group.side("call by a handle", "bare", || bare_by_handle(module));
    group.side("call by a handle within a time", "ours", || by_handle(start(&limited())));
    group.side("call by a handle within a time", "bare", || bare_by_handle(module));
    group.side("call by name", "ours", || by_name(start(&program(Host::new()))));
    group.side("call by name", "bare", || bare_by_name(module));
    for (case, host, engine, threads) in [
        ("start and call", Host::new(), &ENGINE, 1),
        ("start and call on two threads", Host::new(), &ENGINE, THREADS),
        ("start and call in a pool", Host::new().pool(ROOM), &POOLED, 1),
        ("start and call in a pool on two threads", Host::new().pool(ROOM), &POOLED, THREADS),
    ] {
        group.side(case, "ours", || {
            let program = program(host.clone());
            on_threads(threads, move || by_handle(start(&program))(1))
        });
        group.side(case, "bare", || {
            let linked = linked(engine, module);
            on_threads(threads, move || {
                let mut store = Store::new(engine, ());
                let instance = linked.instantiate(&mut store).expect("nothing is missing");
                let add = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add");
                add.and_then(|add| add.call(&mut store, (1, 2))).expect("the guest does not trap")
            })
        });
    }
}

fn start(program: &Program) -> Instance {
    let context = WasiCtx::builder().build().expect("it is given nothing");
    program.start(context).expect("nothing is missing")
}

/// Times `n` calls.
fn calls(mut call: impl FnMut()) -> impl FnMut(u64) -> Duration {
    move |n| {
        let start = Instant::now();
        for _ in 0..n {
            call();
        }
        start.elapsed()
    }
}

fn by_handle(mut instance: Instance) -> impl FnMut(u64) -> Duration {
    let add = instance.func::<(u32, u32), u32>("add").expect("guests export `add`");
    calls(move || {
        let sum = add.call(&mut instance, (1, 2)).expect("the guest does not trap");
        assert_eq!(sum, 3);
    })
}

fn by_name(mut instance: Instance) -> impl FnMut(u64) -> Duration {
    calls(move || drop(instance.call("add", &[Value::I32(1), Value::I32(2)]).expect("it is exported")))
}

fn linked(engine: &Engine, module: &[u8]) -> InstancePre<()> {
    let module = Module::new(engine, module).expect("the guest is valid");
    Linker::new(engine).instantiate_pre(&module).expect("nothing is imported")
}

fn bare_by_handle(module: &[u8]) -> impl FnMut(u64) -> Duration + use<> {
    let mut store = Store::new(&ENGINE, ());
    let instance = linked(&ENGINE, module).instantiate(&mut store).expect("nothing is missing");
    let add = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add").expect("guests export `add`");
    calls(move || {
        let sum = add.call(&mut store, (1, 2)).expect("the guest does not trap");
        assert_eq!(sum, 3);
    })
}

/// With what a call by name has to do: a look-up, and values in lists.
fn bare_by_name(module: &[u8]) -> impl FnMut(u64) -> Duration + use<> {
    let mut store = Store::new(&ENGINE, ());
    let instance = linked(&ENGINE, module).instantiate(&mut store).expect("nothing is missing");
    calls(move || {
        let add = instance.get_func(&mut store, "add").expect("guests export `add`");
        let mut results = [Val::I32(0)];
        add.call(&mut store, &[Val::I32(1), Val::I32(2)], &mut results).expect("the guest does not trap");
    })
}

/// Times `n` rounds of `work`, shared out between threads.
fn on_threads<R>(threads: u64, work: impl Fn() -> R + Sync) -> impl FnMut(u64) -> Duration {
    move |n| {
        let start = Instant::now();
        thread::scope(|scope| {
            for number in 0..threads {
                let (work, rounds) = (&work, (n + number) / threads);
                scope.spawn(move || {
                    for _ in 0..rounds {
                        drop(work());
                    }
                });
            }
        });
        start.elapsed()
    }
}

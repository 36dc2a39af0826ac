//! Benches of startup: a linker with all imports, and from there a context and an instance.

use crate::guest::{CLOSE, Guest, READ, open, sequence};
use crate::running::{ENGINE, Running, State, linker};
use crate::sides::Group;
use criterion::Criterion;
use std::path::Path;
use std::time::{Duration, Instant};
use wasi_engine_wasmi as on_wasmi;
use wasi_engine_wasmtime::bind;
use wasi_policy::{Flags, Gate, Proposal};
use wasi_snapshot::{Snapshot, WasiCtx};
use wasmtime::{InstancePre, Linker, Module, Store};

/// Writes to memory as `args_sizes_get` does: a first page costs as much as all the rest.
const TOUCH: &str = "(block (result i32) (i32.store (i32.const 0) (i32.const 1)) (i32.const 0))";

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "startup");
    let dir = tempfile::tempdir().expect("the machine has room for temporary files");
    let module =
        Module::new(&ENGINE, Guest::new("(call $args_sizes_get (i32.const 0) (i32.const 4))").module())
            .expect("guests are valid");

    let linked = |linker: Linker<State>| linker.instantiate_pre(&module).expect("we have all imports");
    let start = |linked: &InstancePre<State>| {
        let mut store = Store::new(&ENGINE, State::new(dir.path()));
        let instance = linked.instantiate(&mut store).expect("nothing is missing");
        bind(&mut store, &instance, |state| &mut state.slot).expect("guests have a memory");
        Running::new(store, instance).run(1)
    };
    group.side("link", "ours", || repeat(|| linked(linker())));
    group.side("start", "ours", || {
        let linked = linked(linker());
        repeat(move || start(&linked))
    });
    group.side("link and start", "ours", || repeat(|| start(&linked(linker()))));
    interpreted(&mut group, dir.path());
    #[cfg(feature = "peer")]
    peer(&mut group, &module, dir.path());

    let nothing = Module::new(&ENGINE, Guest::new(TOUCH).module()).expect("guests are valid");
    group.side("start", "bare", || {
        let linked = Linker::new(&ENGINE).instantiate_pre(&nothing).expect("nothing is imported");
        repeat(move || {
            let mut store = Store::new(&ENGINE, ());
            let instance = linked.instantiate(&mut store).expect("nothing is missing");
            Running::new(store, instance).run(1)
        })
    });
}

/// On wasmi, whose functions belong to a store, so that each instance resolves its imports anew: with none, with
/// one, and with five.
fn interpreted(group: &mut Group<'_>, dir: &Path) {
    let one = "(call $args_sizes_get (i32.const 0) (i32.const 4))";
    let five = sequence(&[
        one,
        &open("f", 0, READ),
        CLOSE,
        "(call $sched_yield)",
        "(call $fd_tell (i32.const 0) (i32.const 4))",
    ]);
    let programs = [
        ("start without imports", Guest::new(TOUCH)),
        ("start", Guest::new(one)),
        ("start with five imports", Guest::new(five)),
    ];
    for (case, guest) in programs {
        group.side(case, "wasmi", || {
            let engine = wasmi::Engine::default();
            let module = wasmi::Module::new(&engine, guest.module()).expect("guests are valid");
            let mut linker = wasmi::Linker::new(&engine);
            let permit = Gate::new(Flags::none()).permit::<Snapshot>().expect("the snapshot needs no flag");
            let mut adapter = on_wasmi::one_instance(&mut linker, |state: &mut Interpreted| &mut state.slot);
            Snapshot::register(permit, &mut adapter, |state| &mut state.wasi).expect("the linker was empty");
            repeat(move || {
                let wasi = State::new(dir).wasi;
                let state = Interpreted { wasi, slot: on_wasmi::MemorySlot::new() };
                let mut store = wasmi::Store::new(&engine, state);
                linker.instantiate_and_start(&mut store, &module).expect("nothing is missing")
            })
        });
    }
}

struct Interpreted {
    wasi: WasiCtx,
    slot: on_wasmi::MemorySlot,
}

#[cfg(feature = "peer")]
fn peer(group: &mut Group<'_>, module: &Module, dir: &Path) {
    use crate::peer::{context, linker};
    use wasmtime_wasi::p1::WasiP1Ctx;

    let linked =
        |linker: Linker<WasiP1Ctx>| linker.instantiate_pre(module).expect("the peer has all imports");
    let start = |linked: &InstancePre<WasiP1Ctx>| {
        let mut store = Store::new(&ENGINE, context(dir));
        let instance = linked.instantiate(&mut store).expect("nothing is missing");
        Running::new(store, instance).run(1)
    };
    group.side("link", "peer", || repeat(|| linked(linker())));
    group.side("start", "peer", || {
        let linked = linked(linker());
        repeat(move || start(&linked))
    });
    group.side("link and start", "peer", || repeat(|| start(&linked(linker()))));
}

/// Times `n` rounds of `work`, with what the drops take.
fn repeat<R>(mut work: impl FnMut() -> R) -> impl FnMut(u64) -> Duration {
    move |n| {
        let start = Instant::now();
        for _ in 0..n {
            drop(work());
        }
        start.elapsed()
    }
}

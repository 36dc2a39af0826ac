//! A guest in an engine, ready to run.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use wasi_engine_wasmtime::{MemorySlot, bind, one_instance};
use wasi_policy::{Flags, Gate, Proposal};
use wasi_snapshot::{Limits, MemDir, Perms, Snapshot, WasiCtx, WasiCtxBuilder};
use wasmtime::{Engine, Instance, Linker, Module, Store, TypedFunc};

/// The engine of all guests, ours and the others.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// An instance whose `run` can be called.
pub(crate) struct Running<T: 'static> {
    store: Store<T>,
    run: TypedFunc<u64, u32>,
}

impl<T> Running<T> {
    /// Takes an instance and has it set itself up, if it wants to.
    pub(crate) fn new(mut store: Store<T>, instance: Instance) -> Self {
        if let Ok(setup) = instance.get_typed_func::<(), u32>(&mut store, "setup") {
            assert_eq!(setup.call(&mut store, ()).expect("setting up does not trap"), 0);
        }
        let run = instance.get_typed_func(&mut store, "run").expect("guests export `run`");
        Running { store, run }
    }

    /// How long `n` calls take.
    pub(crate) fn run(&mut self, n: u64) -> Duration {
        let start = Instant::now();
        let errno = self.run.call(&mut self.store, n).expect("calls do not trap");
        let took = start.elapsed();
        assert_eq!(errno, 0, "a call failed");
        took
    }
}

/// The state of a guest on ours.
pub(crate) struct State {
    pub(crate) wasi: WasiCtx,
    pub(crate) slot: MemorySlot,
}

impl State {
    /// With `dir` as the only directory.
    pub(crate) fn new(dir: &Path) -> Self {
        State::with(dir, Perms::read_write())
    }

    /// The same under other permissions.
    pub(crate) fn with(dir: &Path, perms: Perms) -> Self {
        State::given(|builder| builder.preopen_dir(dir, "/", perms))
    }

    /// The same with a directory in memory.
    pub(crate) fn in_memory(dir: MemDir) -> Self {
        State::given(|builder| builder.preopen(dir, "/", Perms::read_write()))
    }

    fn given(dir: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Self {
        let mut builder = WasiCtx::builder();
        // A bench creates and writes more than any guest should.
        builder = builder.args(["bench", "me"]).limits(Limits::unlimited());
        let wasi = dir(builder).build().expect("the directory is there");
        State { wasi, slot: MemorySlot::new() }
    }
}

/// A linker with all of our calls.
pub(crate) fn linker() -> Linker<State> {
    let mut linker = Linker::new(&ENGINE);
    let permit = Gate::new(Flags::none()).permit::<Snapshot>().expect("the snapshot needs no flag");
    let mut adapter = one_instance(&mut linker, |state: &mut State| &mut state.slot);
    Snapshot::register(permit, &mut adapter, |state| &mut state.wasi).expect("the linker was empty");
    linker
}

/// Starts a guest on ours.
pub(crate) fn ours(module: &[u8], dir: &Path) -> Running<State> {
    ours_with(module, State::new(dir))
}

/// The same with another directory.
pub(crate) fn ours_with(module: &[u8], state: State) -> Running<State> {
    let module = Module::new(&ENGINE, module).expect("guests are valid");
    let mut store = Store::new(&ENGINE, state);
    let instance = linker().instantiate(&mut store, &module).expect("we have all imports");
    bind(&mut store, &instance, |state| &mut state.slot).expect("guests have a memory");
    Running::new(store, instance)
}

/// A file of 1 MiB, larger than any transfer.
pub(crate) fn make_file(path: &Path) {
    std::fs::write(path, vec![b'x'; 1 << 20]).expect("the directory is ours");
}

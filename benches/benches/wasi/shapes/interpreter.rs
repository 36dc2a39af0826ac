//! The shapes `bare`, `ours` and `lookup` on wasmi.

use super::{Kept, Neutral, define, guest};
use std::time::{Duration, Instant};
use wasi_engine_wasmi::{MemorySlot, bind, many_instances, one_instance};
use wasmi::{Caller, Engine, Instance, Linker, Memory, Module, Store};

pub(super) fn bare() -> impl FnMut(u64) -> Duration {
    let (engine, module) = compile();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("bench", "touch", |mut caller: Caller<'_, Kept<Memory>>, at: u32, add: u32| {
            let memory = caller.data().memory.expect("it was bound before the first call");
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            state.count += u64::from(add);
            let start = usize::try_from(at).unwrap_or(usize::MAX);
            let place = bytes.get_mut(start..).and_then(|rest| rest.first_chunk_mut());
            *place.ok_or_else(|| wasmi::Error::new("outside"))? = state.count.to_le_bytes();
            Ok::<u32, wasmi::Error>(0)
        })
        .expect("the linker was empty");
    let mut store = Store::new(&engine, Kept::new());
    let instance = linker.instantiate_and_start(&mut store, &module).expect("the one import is there");
    store.data_mut().memory = instance.get_memory(&store, "memory");
    run(store, instance)
}

pub(super) fn ours() -> impl FnMut(u64) -> Duration {
    let (engine, module) = compile();
    let mut linker = Linker::new(&engine);
    define(&mut one_instance(&mut linker, |state: &mut Neutral<MemorySlot>| &mut state.slot));
    let mut store = Store::new(&engine, Neutral::default());
    let instance = linker.instantiate_and_start(&mut store, &module).expect("the one import is there");
    bind(&mut store, &instance, |state| &mut state.slot).expect("the guest has a memory");
    run(store, instance)
}

pub(super) fn lookup() -> impl FnMut(u64) -> Duration {
    let (engine, module) = compile();
    let mut linker = Linker::new(&engine);
    define::<()>(&mut many_instances(&mut linker));
    let mut store = Store::new(&engine, Neutral::default());
    let instance = linker.instantiate_and_start(&mut store, &module).expect("the one import is there");
    run(store, instance)
}

fn compile() -> (Engine, Module) {
    let engine = Engine::default();
    let module = Module::new(&engine, guest()).expect("the guest is valid");
    (engine, module)
}

fn run<T>(mut store: Store<T>, instance: Instance) -> impl FnMut(u64) -> Duration {
    let run = instance.get_typed_func::<u64, u32>(&store, "run").expect("the guest exports `run`");
    move |n| {
        let start = Instant::now();
        let errno = run.call(&mut store, n).expect("calls do not trap");
        let took = start.elapsed();
        assert_eq!(errno, 0, "a call failed");
        took
    }
}

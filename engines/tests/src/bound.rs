//! Guests with a store of their own, whose memory is bound, and whose only imports are those of the proposal `P`.
//!
//! Whether the memory could be bound is for the caller to judge: a guest without one can run until it makes a call that
//! needs it. Everything else that goes wrong panics.

use wasi_policy::{BindError, Permit, Proposal};

/// What a store has: the context of the proposal, and a place for the memory.
pub struct Data<C, M> {
    /// What calls work on.
    pub context: C,
    /// The memory, once it is bound.
    pub memory: M,
}

/// The data of a store of Wasmtime's.
pub type OnWasmtime<P> = Data<<P as Proposal>::Context, wasi_engine_wasmtime::MemorySlot>;

/// The data of a store of wasmi's.
pub type OnWasmi<P> = Data<<P as Proposal>::Context, wasi_engine_wasmi::MemorySlot>;

/// A guest in Wasmtime, of a module in either format. It may have shared memories.
pub fn wasmtime<P: Proposal<Context: 'static>>(
    permit: Permit<P>,
    module: impl AsRef<[u8]>,
    context: P::Context,
) -> (wasmtime::Store<OnWasmtime<P>>, wasmtime::Instance, Result<(), BindError>) {
    let mut config = wasmtime::Config::new();
    config.wasm_threads(true).shared_memory(true);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let module = wasmtime::Module::new(&engine, module).unwrap();
    let mut linker = wasmtime::Linker::new(&engine);
    let mut adapter =
        wasi_engine_wasmtime::one_instance(&mut linker, |data: &mut OnWasmtime<P>| &mut data.memory);
    P::register(permit, &mut adapter, |data: &mut OnWasmtime<P>| &mut data.context).unwrap();
    let memory = wasi_engine_wasmtime::MemorySlot::new();
    let mut store = wasmtime::Store::new(&engine, Data { context, memory });
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let bound = wasi_engine_wasmtime::bind(&mut store, &instance, |data| &mut data.memory);
    (store, instance, bound)
}

/// The same in wasmi.
pub fn wasmi<P: Proposal<Context: 'static>>(
    permit: Permit<P>,
    module: impl AsRef<[u8]>,
    context: P::Context,
) -> (wasmi::Store<OnWasmi<P>>, wasmi::Instance, Result<(), BindError>) {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wat::parse_bytes(module.as_ref()).unwrap()).unwrap();
    let mut linker = wasmi::Linker::new(&engine);
    let mut adapter = wasi_engine_wasmi::one_instance(&mut linker, |data: &mut OnWasmi<P>| &mut data.memory);
    P::register(permit, &mut adapter, |data: &mut OnWasmi<P>| &mut data.context).unwrap();
    let memory = wasi_engine_wasmi::MemorySlot::new();
    let mut store = wasmi::Store::new(&engine, Data { context, memory });
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let bound = wasi_engine_wasmi::bind(&mut store, &instance, |data| &mut data.memory);
    (store, instance, bound)
}

//! A function for each adapter that runs a guest of a few lines, for the smoke tests of the proposals; and in [`bound`]
//! guests that tests call as they like.
#![forbid(unsafe_code)]

pub mod bound;

use wasi_policy::{Permit, Proposal};

/// Calls the export `run` of a module in the text format, which has nothing but the proposal `P`, and gives its answer.
///
/// # Panics
///
/// If anything at all goes wrong, as tests do.
pub fn wasmtime<P>(permit: Permit<P>, guest: &str, context: P::Context) -> i32
where
    P: Proposal<Context: 'static>,
{
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, guest).unwrap();
    let mut linker = wasmtime::Linker::new(&engine);
    let mut adapter = wasi_engine_wasmtime::many_instances(&mut linker);
    P::register(permit, &mut adapter, |context: &mut P::Context| context).unwrap();
    let mut store = wasmtime::Store::new(&engine, context);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    run.call(&mut store, ()).unwrap()
}

/// The same in wasmi.
///
/// # Panics
///
/// As [`wasmtime()`] does.
pub fn wasmi<P>(permit: Permit<P>, guest: &str, context: P::Context) -> i32
where
    P: Proposal<Context: 'static>,
{
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wat::parse_str(guest).unwrap()).unwrap();
    let mut linker = wasmi::Linker::new(&engine);
    let mut adapter = wasi_engine_wasmi::many_instances(&mut linker);
    P::register(permit, &mut adapter, |context: &mut P::Context| context).unwrap();
    let mut store = wasmi::Store::new(&engine, context);
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    run.call(&mut store, ()).unwrap()
}

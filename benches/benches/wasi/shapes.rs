//! Benches of the shapes that a neutral linker could have, each around one host function that increments a counter and
//! writes it, eight bytes, to guest memory.
//!
//! * `bare`: a typed function of the engine's own, with the memory at hand in the store's data
//! * `ours`: our linker for stores that hold one instance
//! * `lookup`: our linker for stores that hold several
//! * `vals`: the engine's dynamic function, with a vector of values
//! * `slots`: the engine's unchecked function, with a vector of untyped slots

mod interpreter;
mod slots;

use crate::running::{ENGINE, Running};
use crate::sides::Group;
use criterion::Criterion;
use std::time::Duration;
use wasi_engine_wasmtime::{MemorySlot, bind, many_instances, one_instance};
use wasmtime::{Caller, FuncType, Instance, Linker, Memory, Module, Store, Val, ValType};

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "shapes");
    group.side("wasmtime", "bare", bare);
    group.side("wasmtime", "ours", ours);
    group.side("wasmtime", "lookup", lookup);
    group.side("wasmtime", "vals", vals);
    group.side("wasmtime", "slots", slots::slots);
    group.side("wasmi", "bare", interpreter::bare);
    group.side("wasmi", "ours", interpreter::ours);
    group.side("wasmi", "lookup", interpreter::lookup);
}

/// The guest; the host function's parameters are a pointer and what to add.
fn guest() -> Vec<u8> {
    let wat = r#"(module
      (import "bench" "touch" (func $touch (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (param $n i64) (result i32) (local $errno i32)
        (loop $again
          (local.set $errno (i32.or (local.get $errno) (call $touch (i32.const 64) (i32.const 1))))
          (local.set $n (i64.sub (local.get $n) (i64.const 1)))
          (br_if $again (i64.ne (local.get $n) (i64.const 0))))
        (local.get $errno)))"#;
    wat::parse_str(wat).expect("the guest is valid")
}

/// What a store needs for the engine's own shapes; `M` is the engine's handle.
struct Kept<M> {
    memory: Option<M>,
    count: u64,
}

impl<M> Kept<M> {
    fn new() -> Self {
        Kept { memory: None, count: 0 }
    }
}

/// What a store needs for ours.
#[derive(Default)]
struct Neutral<S> {
    slot: S,
    count: u64,
}

/// Defines the host function in a neutral linker.
fn define<S: 'static>(linker: &mut impl wasi_policy::Linker<Neutral<S>>) {
    linker
        .func("bench", "touch", |state, mut memory, (at, add): (u32, u32)| {
            state.count += u64::from(add);
            memory.write_u64(at, state.count)?;
            Ok(0u32)
        })
        .expect("the linker was empty");
}

/// The work of the host function for the engine's own shapes.
#[inline]
fn touch(caller: &mut Caller<'_, Kept<Memory>>, at: u32, add: u32) -> wasmtime::Result<u32> {
    let memory = caller.data().memory.expect("it was bound before the first call");
    let (bytes, state) = memory.data_and_store_mut(caller);
    state.count += u64::from(add);
    let place = bytes.get_mut(usize::try_from(at)?..).and_then(|rest| rest.first_chunk_mut());
    *place.ok_or_else(|| wasmtime::Error::msg("outside"))? = state.count.to_le_bytes();
    Ok(0)
}

fn bare() -> impl FnMut(u64) -> Duration {
    kept(|linker| {
        linker
            .func_wrap("bench", "touch", |mut caller: Caller<'_, Kept<Memory>>, at: u32, add: u32| {
                touch(&mut caller, at, add)
            })
            .map(drop)
    })
}

fn vals() -> impl FnMut(u64) -> Duration {
    kept(|linker| {
        linker
            .func_new("bench", "touch", touch_type(), |mut caller, args, results| {
                let [Val::I32(at), Val::I32(add)] = args else { wasmtime::bail!("the engine checks types") };
                let errno = touch(&mut caller, at.cast_unsigned(), add.cast_unsigned())?;
                if let [result] = results {
                    *result = Val::I32(errno.cast_signed());
                }
                Ok(())
            })
            .map(drop)
    })
}

fn touch_type() -> FuncType {
    FuncType::new(&ENGINE, [ValType::I32, ValType::I32], [ValType::I32])
}

/// Runs the guest on one of the engine's own shapes, and keeps the memory after instantiation.
fn kept(
    define: impl FnOnce(&mut Linker<Kept<Memory>>) -> wasmtime::Result<()>,
) -> impl FnMut(u64) -> Duration {
    let mut linker = Linker::new(&ENGINE);
    define(&mut linker).expect("the linker was empty");
    let (mut store, instance) = instantiate(&linker, Kept::new());
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    let mut running = Running::new(store, instance);
    move |n| running.run(n)
}

fn ours() -> impl FnMut(u64) -> Duration {
    let mut linker = Linker::new(&ENGINE);
    define(&mut one_instance(&mut linker, |state: &mut Neutral<MemorySlot>| &mut state.slot));
    let (mut store, instance) = instantiate(&linker, Neutral::default());
    bind(&mut store, &instance, |state| &mut state.slot).expect("the guest has a memory");
    let mut running = Running::new(store, instance);
    move |n| running.run(n)
}

fn lookup() -> impl FnMut(u64) -> Duration {
    let mut linker = Linker::new(&ENGINE);
    define::<()>(&mut many_instances(&mut linker));
    let (store, instance) = instantiate(&linker, Neutral::default());
    let mut running = Running::new(store, instance);
    move |n| running.run(n)
}

fn instantiate<T>(linker: &Linker<T>, state: T) -> (Store<T>, Instance) {
    let module = Module::new(&ENGINE, guest()).expect("the guest is valid");
    let mut store = Store::new(&ENGINE, state);
    let instance = linker.instantiate(&mut store, &module).expect("the one import is there");
    (store, instance)
}

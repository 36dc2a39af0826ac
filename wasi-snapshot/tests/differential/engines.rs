//! Instances on both engines, of a module that has a function for each call.

use crate::common::direct::PREVIEW1;
use crate::common::guest::Instance;
use std::fmt::Write;
use std::mem::swap;
use wasi_engine_wasmi as on_wasmi;
use wasi_engine_wasmtime as on_wasmtime;
use wasi_policy::recording::Recording;
use wasi_policy::{Flags, Gate, Import, Permit, Proposal, Trap, ValType};
use wasi_snapshot::{Snapshot, WasiCtx};

fn permit() -> Permit<Snapshot> {
    Gate::new(Flags::none()).permit().unwrap()
}

fn imports() -> Vec<Import> {
    let mut list = Recording::new();
    Snapshot::register(permit(), &mut list, |ctx: &mut WasiCtx| ctx).unwrap();
    list.imports().iter().filter(|import| import.module == PREVIEW1).cloned().collect()
}

/// A module that imports all of preview1, and exports for each import a function that calls it.
fn module() -> String {
    let text = |types: &[ValType]| types.iter().map(|ty| format!(" {}", name(*ty))).collect::<String>();
    let (mut above, mut below) = (String::new(), String::new());
    for Import { name, params, result, .. } in imports() {
        let params_text = text(params);
        let result_text = result.map_or(String::new(), |result| format!("(result{})", text(&[result])));
        let ty = format!("(param{params_text}) {result_text}");
        writeln!(above, r#"(import "{PREVIEW1}" "{name}" (func ${name} {ty}))"#).unwrap();
        let args: String = (0..params.len()).map(|index| format!(" (local.get {index})")).collect();
        writeln!(below, r#"(func (export "{name}") {ty} (call ${name}{args}))"#).unwrap();
    }
    format!(r#"(module {above} (memory (export "memory") 1) {below})"#)
}

fn name(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 | ValType::F64 => panic!("preview1 has no fractions"),
    }
}

/// The data of a store: a context that is changed for the guest's during a call, and the memory.
struct Data<M> {
    ctx: WasiCtx,
    memory: M,
}

impl<M: Default> Data<M> {
    fn new() -> Self {
        Data { ctx: WasiCtx::builder().build().unwrap(), memory: M::default() }
    }
}

struct OnWasmtime {
    store: wasmtime::Store<Data<on_wasmtime::MemorySlot>>,
    instance: wasmtime::Instance,
    memory: wasmtime::Memory,
}

pub(crate) fn wasmtime() -> Box<dyn Instance> {
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, module()).unwrap();
    let mut linker = wasmtime::Linker::new(&engine);
    let mut adapter = on_wasmtime::one_instance(&mut linker, |data: &mut Data<_>| &mut data.memory);
    Snapshot::register(permit(), &mut adapter, |data| &mut data.ctx).unwrap();
    let mut store = wasmtime::Store::new(&engine, Data::new());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    on_wasmtime::bind(&mut store, &instance, |data| &mut data.memory).unwrap();
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    Box::new(OnWasmtime { store, instance, memory })
}

impl Instance for OnWasmtime {
    fn call(
        &mut self,
        ctx: &mut WasiCtx,
        bytes: &mut [u8],
        name: &str,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap> {
        use wasmtime::{Val, ValType};
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let types = function.ty(&self.store).params().collect::<Vec<_>>();
        let params = types.iter().zip(slots).map(|(ty, slot)| match ty {
            ValType::I32 => Val::I32(*slot as i32),
            _ => Val::I64(*slot as i64),
        });
        let params: Vec<_> = params.collect();
        self.memory.data_mut(&mut self.store).copy_from_slice(bytes);
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        swap(&mut self.store.data_mut().ctx, ctx);
        let called = function.call(&mut self.store, &params, &mut results);
        swap(&mut self.store.data_mut().ctx, ctx);
        bytes.copy_from_slice(self.memory.data(&self.store));
        match called {
            Ok(()) => Ok(results.first().map(|errno| errno.unwrap_i32() as u64)),
            Err(error) => panic!("{name}{slots:x?}: {error:?}"),
        }
    }
}

struct OnWasmi {
    store: wasmi::Store<Data<on_wasmi::MemorySlot>>,
    instance: wasmi::Instance,
    memory: wasmi::Memory,
}

pub(crate) fn wasmi() -> Box<dyn Instance> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wat::parse_str(module()).unwrap()).unwrap();
    let mut linker = wasmi::Linker::new(&engine);
    let mut adapter = on_wasmi::one_instance(&mut linker, |data: &mut Data<_>| &mut data.memory);
    Snapshot::register(permit(), &mut adapter, |data| &mut data.ctx).unwrap();
    let mut store = wasmi::Store::new(&engine, Data::new());
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    on_wasmi::bind(&mut store, &instance, |data| &mut data.memory).unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap();
    Box::new(OnWasmi { store, instance, memory })
}

impl Instance for OnWasmi {
    fn call(
        &mut self,
        ctx: &mut WasiCtx,
        bytes: &mut [u8],
        name: &str,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap> {
        use wasmi::{Val, ValType};
        let function = self.instance.get_func(&self.store, name).unwrap();
        let ty = function.ty(&self.store);
        let params = ty.params().iter().zip(slots).map(|(ty, slot)| match ty {
            ValType::I32 => Val::I32(*slot as i32),
            _ => Val::I64(*slot as i64),
        });
        let params: Vec<_> = params.collect();
        self.memory.data_mut(&mut self.store).copy_from_slice(bytes);
        let mut results = vec![Val::I32(0); ty.results().len()];
        swap(&mut self.store.data_mut().ctx, ctx);
        let called = function.call(&mut self.store, &params, &mut results);
        swap(&mut self.store.data_mut().ctx, ctx);
        bytes.copy_from_slice(self.memory.data(&self.store));
        match called {
            Ok(()) => Ok(results.first().map(|errno| errno.i32().unwrap() as u64)),
            Err(error) => panic!("{name}{slots:x?}: {error:?}"),
        }
    }
}

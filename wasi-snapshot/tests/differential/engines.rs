//! Instances on both engines, of a module that has a function for each call.

use crate::common::direct::{PREVIEW1, imports, permit};
use crate::common::guest::Instance;
use engine_tests::bound;
use std::fmt::Write;
use std::mem::swap;
use wasi_policy::{Import, Trap, ValType};
use wasi_snapshot::{Snapshot, WasiCtx};

/// A module that imports all of preview1, and exports for each import a function that calls it.
fn module() -> String {
    let text = |types: &[ValType]| types.iter().map(|ty| format!(" {}", name(*ty))).collect::<String>();
    let (mut above, mut below) = (String::new(), String::new());
    for Import { name, params, result, .. } in imports(PREVIEW1) {
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
        ValType::F32 | ValType::F64 | ValType::V128 => panic!("preview1 has integers only"),
    }
}

/// The context of a store, which is changed for the guest's during a call.
fn nothing() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

struct OnWasmtime {
    store: wasmtime::Store<bound::OnWasmtime<Snapshot>>,
    instance: wasmtime::Instance,
    memory: wasmtime::Memory,
}

pub(crate) fn wasmtime() -> Box<dyn Instance> {
    let (mut store, instance, bound) = bound::wasmtime::<Snapshot>(permit(), module(), nothing());
    bound.unwrap();
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
        swap(&mut self.store.data_mut().context, ctx);
        let called = function.call(&mut self.store, &params, &mut results);
        swap(&mut self.store.data_mut().context, ctx);
        bytes.copy_from_slice(self.memory.data(&self.store));
        match called {
            Ok(()) => Ok(results.first().map(|errno| errno.unwrap_i32() as u64)),
            Err(error) => panic!("{name}{slots:x?}: {error:?}"),
        }
    }
}

struct OnWasmi {
    store: wasmi::Store<bound::OnWasmi<Snapshot>>,
    instance: wasmi::Instance,
    memory: wasmi::Memory,
}

pub(crate) fn wasmi() -> Box<dyn Instance> {
    let (store, instance, bound) = bound::wasmi::<Snapshot>(permit(), module(), nothing());
    bound.unwrap();
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
        swap(&mut self.store.data_mut().context, ctx);
        let called = function.call(&mut self.store, &params, &mut results);
        swap(&mut self.store.data_mut().context, ctx);
        bytes.copy_from_slice(self.memory.data(&self.store));
        match called {
            Ok(()) => Ok(results.first().map(|errno| errno.i32().unwrap() as u64)),
            Err(error) => panic!("{name}{slots:x?}: {error:?}"),
        }
    }
}

//! Instances on each engine, of a module that has a function for each call.

use crate::common::direct::{PREVIEW1, imports, permit};
use crate::common::guest::Instance;
use engine_tests::{Binding, Engine, Guest, Make, each};
use std::fmt::Write;
use std::mem::swap;
use wasi_policy::{Import, Trap, ValType};
use wasi_snapshot::WasiCtx;

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

/// An instance in a store of its own.
struct InEngine<G>(G);

struct Fresh;

impl Make for Fresh {
    type Made = Box<dyn Instance>;

    fn make<E: Engine>() -> Box<dyn Instance> {
        let started = E::start(module().as_bytes(), permit(), nothing(), Binding::Slot).unwrap();
        started.bound.unwrap();
        Box::new(InEngine(started.guest))
    }
}

/// One in each engine.
pub(crate) fn instances() -> Vec<Box<dyn Instance>> {
    each::<Fresh>().into_iter().map(|(_, instance)| instance).collect()
}

impl<G: Guest<WasiCtx>> Instance for InEngine<G> {
    fn call(
        &mut self,
        ctx: &mut WasiCtx,
        bytes: &mut [u8],
        name: &str,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap> {
        let InEngine(guest) = self;
        guest.write(0, bytes);
        swap(guest.context(), ctx);
        let called = guest.call(name, slots);
        swap(guest.context(), ctx);
        bytes.copy_from_slice(&guest.memory());
        Ok(called.unwrap_or_else(|end| panic!("{name}{slots:x?}: {end:?}")))
    }
}

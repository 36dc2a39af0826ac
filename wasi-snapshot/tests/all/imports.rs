//! Tests of the import table against the published witx: names, types, numbers.

use crate::common::errno;
use crate::common::witx_files::published;
use std::collections::BTreeMap;
use wasi_policy::recording::Recording;
use wasi_policy::{Flags, Gate, Proposal, ValType};
use wasi_snapshot::{Snapshot, WasiCtx};
use witx::{Document, Id, WasmType};

type Signature = (Vec<ValType>, Option<ValType>);

/// The imports of one module as the witx gives them.
fn of_witx(document: &Document, module: &str) -> BTreeMap<String, Signature> {
    let module = document.module(&Id::new(module)).unwrap();
    let functions = module.funcs().map(|function| {
        let (params, results) = function.wasm_signature();
        assert!(results.len() <= 1);
        let params = params.into_iter().map(value_type).collect();
        (function.name.as_str().to_owned(), (params, results.into_iter().next().map(value_type)))
    });
    functions.collect()
}

fn value_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 => ValType::I32,
        WasmType::I64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// The imports of one module as the crate registers them.
fn of_crate(module: &str) -> BTreeMap<String, Signature> {
    let mut linker = Recording::new();
    let permit = Gate::new(Flags::none()).permit::<Snapshot>().unwrap();
    Snapshot::register(permit, &mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    let imports = linker.imports().iter().filter(|import| import.module == module);
    imports.map(|import| (import.name.to_owned(), (import.params.to_vec(), import.result))).collect()
}

#[test]
fn both_modules_have_the_functions_of_the_witx() {
    assert_eq!(of_crate("wasi_snapshot_preview1").len(), 46);
    assert_eq!(of_crate("wasi_unstable").len(), 45);
    let Some(published) = published() else { return };
    for (module, document) in
        [("wasi_snapshot_preview1", &published.preview1), ("wasi_unstable", &published.unstable)]
    {
        assert_eq!(of_crate(module), of_witx(document, module), "{module}");
    }
}

#[test]
fn nothing_else_is_registered() {
    let mut linker = Recording::new();
    let permit = Gate::new(Flags::none()).permit::<Snapshot>().unwrap();
    Snapshot::register(permit, &mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    assert_eq!(linker.imports().len(), 46 + 45);
    let mut modules: Vec<_> = linker.imports().iter().map(|import| import.module).collect();
    modules.dedup();
    assert_eq!(modules, Snapshot::DESCRIPTOR.modules());
}

/// The names that these tests use for errnos have the numbers of the witx.
#[test]
fn the_errnos_of_the_tests_are_those_of_the_witx() {
    let Some(published) = published() else { return };
    for document in [&published.preview1, &published.unstable] {
        let errno = document.typename(&Id::new("errno")).unwrap();
        let witx::Type::Variant(variant) = &**errno.type_() else { panic!("errno is no enumeration") };
        let names: Vec<_> = variant.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, errno::NAMES);
    }
}

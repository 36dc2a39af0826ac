//! The imports and exports of a module, read from its compiled code.

use crate::host::shape::{Export, Import, Shape};
use crate::host::signature::{Kind, Signature};
use wasi_policy::ValType;
use wasmtime::{ExternType, FuncType, Module};

pub(super) fn of(module: &Module) -> Shape {
    let import = |import: wasmtime::ImportType<'_>| Import {
        module: import.module().to_owned(),
        name: import.name().to_owned(),
        kind: kind(&import.ty()),
    };
    let export = |export: wasmtime::ExportType<'_>| Export {
        name: export.name().to_owned(),
        kind: kind(&export.ty()),
    };
    let needs = module.resources_required();
    Shape {
        memories: needs.num_memories,
        tables: needs.num_tables,
        largest_table: needs.max_initial_table_size.unwrap_or(0),
        imports: module.imports().map(import).collect(),
        exports: module.exports().map(export).collect(),
        shares_memory: may_share_memory(module),
        // The rest mattered when the module was compiled.
        ..Shape::default()
    }
}

/// Could one of its memories be shared? Code tells of those that are exported only, which is the one that guests of WASI
/// have.
fn may_share_memory(module: &Module) -> bool {
    let own = |ty: &ExternType| matches!(ty, ExternType::Memory(memory) if !memory.is_shared());
    match module.resources_required().num_memories {
        0 => false,
        1 => !module.exports().any(|export| own(&export.ty())),
        _ => true,
    }
}

fn kind(ty: &ExternType) -> Kind {
    match ty {
        ExternType::Func(ty) => function(ty),
        _ => Kind::Other,
    }
}

fn function(ty: &FuncType) -> Kind {
    match (ty.params().map(number).collect(), ty.results().map(number).collect()) {
        (Some(params), Some(results)) => Kind::Func(Signature { params, results }),
        _ => Kind::OtherFunc,
    }
}

fn number(ty: wasmtime::ValType) -> Option<ValType> {
    match ty {
        wasmtime::ValType::I32 => Some(ValType::I32),
        wasmtime::ValType::I64 => Some(ValType::I64),
        wasmtime::ValType::F32 => Some(ValType::F32),
        wasmtime::ValType::F64 => Some(ValType::F64),
        wasmtime::ValType::V128 => Some(ValType::V128),
        wasmtime::ValType::Ref(_) => None,
    }
}

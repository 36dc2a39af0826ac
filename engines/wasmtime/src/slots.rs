//! Definitions of functions whose types are known at run time, over the engine's values.

use wasi_policy::{Import, LinkError, MAX_PARAMS, Trap, Val as _, ValType};
use wasmtime::{Caller, Error, FuncType, Linker, Val};

/// Defines a function over 64-bit slots.
pub(crate) fn define<T: 'static>(
    linker: &mut Linker<T>,
    import: &Import,
    call: impl Fn(Caller<'_, T>, &[u64]) -> Result<u64, Error> + Send + Sync + 'static,
) -> Result<(), LinkError> {
    let &Import { module, name, params, result } = import;
    let types = |types: &[ValType]| types.iter().map(|ty| number(*ty)).collect::<Option<Vec<_>>>();
    let (Some(takes), Some(gives)) = (types(params), types(result.as_slice())) else {
        return Err(LinkError::new(module, name, "it has vectors"));
    };
    let ty = FuncType::new(linker.engine(), takes, gives);
    let call = move |caller: Caller<'_, T>, args: &[Val], results: &mut [Val]| {
        let mut slots = [0; MAX_PARAMS];
        for (slot, arg) in slots.iter_mut().zip(args) {
            *slot = into_slot(arg);
        }
        let Some(slots) = slots.get(..args.len()) else {
            return Err(crate::error(Trap::Host("a function has too many parameters".into())));
        };
        let answer = call(caller, slots)?;
        for (place, ty) in results.iter_mut().zip(result) {
            *place = from_slot(ty, answer);
        }
        Ok(())
    };
    linker.func_new(module, name, ty, call).map(drop).map_err(|error| LinkError::new(module, name, error))
}

fn number(ty: ValType) -> Option<wasmtime::ValType> {
    match ty {
        ValType::I32 => Some(wasmtime::ValType::I32),
        ValType::I64 => Some(wasmtime::ValType::I64),
        ValType::F32 => Some(wasmtime::ValType::F32),
        ValType::F64 => Some(wasmtime::ValType::F64),
        ValType::V128 => None,
    }
}

/// The types are those of the definition, which has no others.
fn into_slot(value: &Val) -> u64 {
    match value {
        Val::I32(value) => value.into_slot(),
        Val::I64(value) => value.into_slot(),
        Val::F32(bits) => bits.into_slot(),
        Val::F64(bits) => bits.into_slot(),
        _ => 0,
    }
}

fn from_slot(ty: ValType, slot: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(<_>::from_slot(slot)),
        ValType::I64 | ValType::V128 => Val::I64(<_>::from_slot(slot)),
        ValType::F32 => Val::F32(<_>::from_slot(slot)),
        ValType::F64 => Val::F64(<_>::from_slot(slot)),
    }
}

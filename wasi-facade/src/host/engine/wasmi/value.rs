//! Values of wasmi's for ours, and back.

use crate::host::outcome::Value;
use wasmi::Val;

pub(super) fn to_wasmi(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value.into()),
        Value::F64(value) => Val::F64(value.into()),
        Value::V128(value) => Val::V128(value.into()),
    }
}

/// Only functions without references are called, so nothing is left out.
pub(super) fn from_wasmi(value: &Val) -> Option<Value> {
    match value {
        Val::I32(value) => Some(Value::I32(*value)),
        Val::I64(value) => Some(Value::I64(*value)),
        Val::F32(value) => Some(Value::F32(f32::from_bits(value.to_bits()))),
        Val::F64(value) => Some(Value::F64(f64::from_bits(value.to_bits()))),
        Val::V128(value) => Some(Value::V128(value.as_u128())),
        _ => None,
    }
}

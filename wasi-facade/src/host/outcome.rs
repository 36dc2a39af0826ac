//! The outcome of a run or a call: an exit code, returned values, a trap, a limit or an interrupt.

use super::error::sentence;
use std::fmt;
use wasi_policy::{Trap, ValType};

/// How a run or a call ended. None of these is an error of the host.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[must_use = "a guest may have failed"]
pub enum Outcome {
    /// The guest exited with this code, or its `_start` returned, which is code 0.
    Exited(u32),
    /// The function that was called returned these values.
    Returned(Vec<Value>),
    /// The guest did what WebAssembly or the host forbids.
    Trapped(Trapped),
    /// The guest's time was up; see [`RunLimits::timeout`](super::RunLimits::timeout).
    TimedOut,
    /// The host interrupted the guest; see [`Contexts::interrupt_handle`](super::Contexts::interrupt_handle).
    Interrupted,
    /// The guest's fuel was used up.
    OutOfFuel,
    /// The guest trapped after its memory could not grow: it had reached the host's limit, the system had no
    /// more, or it had reached its own maximum, which Wasmtime tells and wasmi does not.
    OutOfMemory(Trapped),
}

/// The rest of a sentence that begins with the guest.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Exited(code) => write!(f, "exited with code {code}"),
            Outcome::Returned(values) if values.is_empty() => f.write_str("returned"),
            Outcome::Returned(values) => {
                let values: Vec<_> = values.iter().map(ToString::to_string).collect();
                write!(f, "returned {}", values.join(", "))
            }
            Outcome::Trapped(trap) => write!(f, "trapped: {}", trap.reason),
            Outcome::TimedOut => f.write_str("ran out of time"),
            Outcome::Interrupted => f.write_str("was interrupted"),
            Outcome::OutOfFuel => f.write_str("ran out of fuel"),
            Outcome::OutOfMemory(trap) => write!(f, "ran out of memory: {}", trap.reason),
        }
    }
}

/// A trap, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trapped {
    /// What happened.
    pub reason: String,
    /// The guest's functions that were being called, one a line, innermost first; an interpreter does not
    /// know them.
    pub backtrace: Option<String>,
    pub(super) kind: TrapKind,
}

impl Trapped {
    /// The end of a guest by a host function, outside an engine, which would know its functions.
    pub(super) fn by_host(trap: &Trap) -> Self {
        Trapped { reason: sentence(&trap.to_string()), backtrace: None, kind: TrapKind::Host }
    }

    /// What kind of trap it was, for programs.
    #[must_use]
    pub fn kind(&self) -> TrapKind {
        self.kind
    }
}

/// What kind of trap ended a guest. Engines draw some lines elsewhere; what is not told here is [`TrapKind::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrapKind {
    /// The instruction `unreachable`: most languages abort by it.
    Unreachable,
    /// An access beyond the end of a memory.
    MemoryOutOfBounds,
    /// An access beyond the end of a table.
    TableOutOfBounds,
    /// An indirect call of an empty place of a table.
    IndirectCallToNull,
    /// An indirect call of a function of another type.
    BadSignature,
    /// A result that does not fit its integer type.
    IntegerOverflow,
    /// A division by zero.
    DivisionByZero,
    /// A float that is no integer, as infinity, converted to one.
    BadConversion,
    /// The call stack was used up.
    StackOverflow,
    /// An exception that nothing caught.
    Exception,
    /// A host function could not go on: the guest passed a pointer outside its memory, or called what nobody offers.
    Host,
    /// Another one.
    Other,
}

/// A number, or a vector of them, that crosses the boundary between host and guest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
    /// A vector of 128 bits, the first lane in the lowest ones.
    V128(u128),
}

/// A text that is not a number of the type that is needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {} {ty}", if *ty == ValType::V128 { "a" } else { "an" })]
pub struct ValueError {
    text: String,
    ty: ValType,
}

macro_rules! from_numbers {
    ($($variant:ident $ty:ty;)*) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Value::$variant(value)
            }
        }
    )*};
}
from_numbers! {
    I32 i32;
    I64 i64;
    F32 f32;
    F64 f64;
    V128 u128;
}

/// As the same bits.
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Value::I32(value.cast_signed())
    }
}

/// As the same bits.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::I64(value.cast_signed())
    }
}

impl Value {
    /// Reads a number of type `ty`; integers may be signed or unsigned.
    ///
    /// # Errors
    ///
    /// [`ValueError`] if `text` is something else, or too large for the type.
    pub fn parse(ty: ValType, text: &str) -> Result<Self, ValueError> {
        let value = match ty {
            ValType::I32 => {
                let unsigned = || text.parse().map(u32::cast_signed);
                text.parse().or_else(|_| unsigned()).ok().map(Value::I32)
            }
            ValType::I64 => {
                let unsigned = || text.parse().map(u64::cast_signed);
                text.parse().or_else(|_| unsigned()).ok().map(Value::I64)
            }
            ValType::F32 => text.parse().ok().map(Value::F32),
            ValType::F64 => text.parse().ok().map(Value::F64),
            ValType::V128 => text.parse().ok().map(Value::V128),
        };
        value.ok_or_else(|| ValueError { text: text.to_owned(), ty })
    }

    /// The value's type.
    #[must_use]
    pub fn ty(self) -> ValType {
        match self {
            Value::I32(_) => ValType::I32,
            Value::I64(_) => ValType::I64,
            Value::F32(_) => ValType::F32,
            Value::F64(_) => ValType::F64,
            Value::V128(_) => ValType::V128,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(value) => value.fmt(f),
            Value::I64(value) => value.fmt(f),
            Value::F32(value) => value.fmt(f),
            Value::F64(value) => value.fmt(f),
            Value::V128(value) => value.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use wasi_policy::ValType;

    #[test]
    fn integers_may_be_signed_or_unsigned() {
        assert_eq!(Value::parse(ValType::I32, "-1"), Value::parse(ValType::I32, "4294967295"));
        assert_eq!(Value::parse(ValType::I64, "18446744073709551615"), Ok(Value::I64(-1)));
        assert_eq!(Value::parse(ValType::F64, "1.5"), Ok(Value::F64(1.5)));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = Value::parse(ValType::I32, "4294967296").unwrap_err();
        assert_eq!(error.to_string(), "`4294967296` is not an i32");
    }
}

//! The types of the protocol's tensors, as [Predict Protocol, version 2](https://github.com/kserve/open-inference-protocol)
//! names them.

use wasi_nn::ElementType;
use wasi_nn::backend::PortType;

/// A type whose elements have one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datatype {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    F32,
    F64,
    Bf16,
}

use Datatype::{Bf16, Bool, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};

const NAMES: [(&str, Datatype); 13] = [
    ("BOOL", Bool),
    ("UINT8", U8),
    ("UINT16", U16),
    ("UINT32", U32),
    ("UINT64", U64),
    ("INT8", I8),
    ("INT16", I16),
    ("INT32", I32),
    ("INT64", I64),
    ("FP16", F16),
    ("FP32", F32),
    ("FP64", F64),
    ("BF16", Bf16),
];

impl Datatype {
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(of, _)| *of == name).map(|(_, datatype)| *datatype)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, of)| *of == self).map_or("", |(name, _)| name)
    }

    /// Bytes of an element.
    pub(crate) const fn size(self) -> usize {
        match self {
            Bool | U8 | I8 => 1,
            U16 | I16 | F16 | Bf16 => 2,
            U32 | I32 | F32 => 4,
            U64 | I64 | F64 => 8,
        }
    }

    /// Whether JSON can have its elements.
    pub(crate) const fn is_in_json(self) -> bool {
        !matches!(self, F16 | Bf16)
    }

    /// What guests see of it.
    pub(crate) fn port(self) -> PortType {
        PortType::Known(match self {
            Bool => return PortType::Bool,
            I8 => return PortType::I8,
            U8 => ElementType::U8,
            I32 => ElementType::I32,
            I64 => ElementType::I64,
            F16 => ElementType::F16,
            F32 => ElementType::F32,
            F64 => ElementType::F64,
            U16 | U32 | U64 | I16 | Bf16 => return PortType::Other(self.name().to_ascii_lowercase()),
        })
    }
}

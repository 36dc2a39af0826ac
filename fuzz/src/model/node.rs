//! The nodes of a model: operations, operands and types of elements.

use super::attribute::Attribute;
use super::op::Op;
use nn_models::onnx::DataType;
use serde::{Deserialize, Serialize};

/// An operation, or many in a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// How often it is done; each takes the result of the one before as its first operand.
    pub times: u32,
    /// What it takes.
    pub operands: Vec<Operand>,
    /// How it does it.
    pub attributes: Vec<Attribute>,
    /// How many results it names; the first is the value that later nodes may take.
    pub results: u32,
    /// Whether the node has the name that other nodes have too.
    pub same_name: bool,
}

/// What a node takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operand {
    /// A value, counted back from the last one: 0 is the result of the node before.
    Back(u32),
    /// The same, so many times.
    Again {
        /// Counted back from the last one.
        back: u32,
        /// How often.
        times: u32,
    },
    /// A constant list of integers.
    Ints(Vec<i64>),
    /// A constant integer.
    Int(i64),
    /// A constant tensor.
    Filled {
        /// Of what.
        element: Element,
        /// The sizes. There are elements for as many as a small model can hold, and none for more.
        shape: Vec<i64>,
        /// What every element is.
        with: u8,
    },
    /// An operand that is left out.
    Nothing,
}

/// A type of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the types")]
pub enum Element {
    F32,
    I64,
    I32,
    U8,
    I8,
    F16,
    F64,
    Bool,
    Text,
}

crate::number::any_of!(Element: F32, I64, I32, U8, I8, F16, F64, Bool, Text);

impl Element {
    /// Its number in ONNX.
    #[must_use]
    pub const fn code(self) -> DataType {
        DataType(match self {
            Element::F32 => 1,
            Element::U8 => 2,
            Element::I8 => 3,
            Element::I32 => 6,
            Element::I64 => 7,
            Element::Text => 8,
            Element::Bool => 9,
            Element::F16 => 10,
            Element::F64 => 11,
        })
    }

    /// The bytes of one element that has this number, as nearly as the type can.
    pub(super) fn bytes(self, number: u8) -> Vec<u8> {
        match self {
            Element::F32 => f32::from(number).to_le_bytes().to_vec(),
            Element::F64 => f64::from(number).to_le_bytes().to_vec(),
            Element::F16 => nn_models::Element::F16.encode(number),
            Element::I64 => i64::from(number).to_le_bytes().to_vec(),
            Element::I32 => i32::from(number).to_le_bytes().to_vec(),
            Element::U8 | Element::I8 => vec![number],
            Element::Bool => vec![number & 1],
            Element::Text => Vec::new(),
        }
    }
}

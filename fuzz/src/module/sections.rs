//! The parts of a module beside its code.

use super::code::{self, Code, Many};
use super::text::Name;
use crate::number::{few, list, many};
use arbitrary::{Arbitrary, Result, Unstructured};
use serde::{Deserialize, Serialize};

/// The type of a function or of a block.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Signature {
    /// What goes in.
    pub params: Vec<Many>,
    /// What comes out.
    pub results: Vec<Many>,
}

/// Values of which the format mostly allows so many.
fn within(u: &mut Unstructured<'_>) -> Result<Many> {
    let values = Many::arbitrary(u)?;
    Ok(if u.ratio(19, 20)? { Many { count: values.count % 500, ..values } } else { values })
}

impl<'a> Arbitrary<'a> for Signature {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let params = list(u, 0, 2, within)?;
        // What comes out as it went in can go through many blocks.
        let results = if u.arbitrary()? { params.clone() } else { list(u, 0, 2, within)? };
        Ok(Signature { params, results })
    }
}

/// Functions that are all the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Function {
    /// The number of the type.
    pub ty: u32,
    /// Variables.
    pub locals: Vec<Many>,
    /// What they do.
    pub body: Vec<Code>,
    /// How many there are beside this one.
    pub copies: u32,
}

impl<'a> Arbitrary<'a> for Function {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Function {
            ty: few(u)?,
            locals: list(u, 0, 2, Many::arbitrary)?,
            body: code::body(u)?,
            copies: if u.ratio(4, 5)? { 0 } else { many(u)? },
        })
    }
}

/// After which of the standard sections another one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the sections")]
pub enum Place {
    First,
    Types,
    Functions,
    Code,
    Last,
}

/// A section that the format does not define.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Custom {
    /// Names of functions, one each from the first one on.
    Names {
        /// What is named.
        kind: Kind,
        /// The names.
        names: Vec<Name>,
        /// How many more have the last one.
        again: u32,
    },
    /// Debug information of one unit.
    Dwarf {
        /// Functions that are inlined into each other.
        inlined: u32,
        /// Functions beside each other.
        beside: u32,
        /// Other units like it.
        units: u32,
    },
    /// A line program of so many rows.
    Lines {
        /// The rows.
        rows: u32,
    },
    /// Anything.
    Plain {
        /// Its name.
        name: Name,
        /// Its bytes.
        bytes: u32,
        /// What every byte is.
        with: u8,
    },
}

/// What a name section names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the subsections")]
pub enum Kind {
    Module,
    Functions,
    Locals,
}

crate::number::any_of!(Place: First, Types, Functions, Code, Last);
crate::number::any_of!(Kind: Module, Functions, Locals);

impl<'a> Arbitrary<'a> for Custom {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=4)? {
            0 | 1 => Custom::Names {
                kind: u.arbitrary()?,
                names: list(u, 1, 4, Name::arbitrary)?,
                again: many(u)?,
            },
            2 => Custom::Dwarf { inlined: many(u)?, beside: many(u)?, units: few(u)? },
            3 => Custom::Lines { rows: many(u)? },
            _ => Custom::Plain { name: u.arbitrary()?, bytes: many(u)?, with: u.arbitrary()? },
        })
    }
}

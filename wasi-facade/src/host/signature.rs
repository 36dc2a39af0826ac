//! The types of imports and exports, as people and programs are told them.

use std::fmt;
use wasi_policy::{Import, ValType};

/// What an import or an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function of numbers, and of vectors of them.
    Func(Signature),
    /// A function that takes or returns references.
    OtherFunc,
    /// A memory, a table, a global or a tag.
    Other,
}

/// The type of a function of numbers, and of vectors of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The types of the parameters.
    pub params: Vec<ValType>,
    /// The types of the results.
    pub results: Vec<ValType>,
}

impl Signature {
    /// The type of a host function.
    pub(super) fn of(import: &Import) -> Self {
        Signature { params: import.params.to_vec(), results: import.result.into_iter().collect() }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Func(signature) => signature.fmt(f),
            Kind::OtherFunc => f.write_str("a function of references"),
            Kind::Other => f.write_str("no function"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "({})", list(&self.params))?;
        match self.results.as_slice() {
            [] => Ok(()),
            [result] => write!(f, " -> {result}"),
            results => write!(f, " -> ({})", list(results)),
        }
    }
}

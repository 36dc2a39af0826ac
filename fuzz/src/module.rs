//! Modules from a grammar: sections of any number and size around functions that are valid whatever is in them.

mod build;
mod code;
mod emit;
mod run;
mod sections;
mod text;

pub use code::{Block, Code, Many, Type};
pub use sections::{Custom, Function, Kind, Place, Signature};
pub use text::Name;

use crate::number::{few, list, many};
use crate::watch::Bounds;
use crate::{End, Recipe};
use arbitrary::{Arbitrary, Result, Unstructured};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Module {
    /// The types of functions and blocks; there is one without parameters and results before them.
    pub types: Vec<Signature>,
    /// Functions of the host's that it imports: the type and the name.
    pub imports: Vec<(u32, Name)>,
    /// The functions, the first of which is called when the module starts.
    pub functions: Vec<Function>,
    /// Whether there is something that can be thrown, which the interpreter knows nothing of.
    pub throws: bool,
    /// Whether the first one is the start function, and not the entry point.
    pub starts: bool,
    /// Tables, each with its first size.
    pub tables: Vec<u32>,
    /// Memories after the first one, each with its first size in pages.
    pub memories: Vec<u32>,
    /// The number of globals.
    pub globals: u32,
    /// Exports of the first function, beside those that a program has.
    pub exports: Vec<Name>,
    /// Pieces of data: how many bytes each.
    pub data: Vec<u32>,
    /// Lists of functions for a table: how many each has.
    pub elements: Vec<u32>,
    /// Other sections, and where they stand.
    pub custom: Vec<(Place, Custom)>,
    /// Two sections that change places, which makes no module of it unless they are equal.
    pub swapped: Option<(u8, u8)>,
}

impl<'a> Arbitrary<'a> for Module {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let sizes = |u: &mut Unstructured<'a>| {
            let most = u.int_in_range(0..=3)?;
            list(u, 0, most, many)
        };
        let exports = few(u)? as usize;
        Ok(Module {
            types: list(u, 0, 4, Signature::arbitrary)?,
            imports: if u.ratio(1, 10)? {
                list(u, 1, 3, |u| Ok((few(u)?, u.arbitrary()?)))?
            } else {
                Vec::new()
            },
            functions: list(u, 1, 4, Function::arbitrary)?,
            throws: u.ratio(1, 5)?,
            starts: u.ratio(1, 5)?,
            tables: sizes(u)?,
            memories: sizes(u)?,
            globals: many(u)?,
            exports: if u.ratio(1, 5)? { list(u, 0, exports, Name::arbitrary)? } else { Vec::new() },
            data: sizes(u)?,
            elements: sizes(u)?,
            custom: list(u, 0, 3, |u| Ok((u.arbitrary()?, u.arbitrary()?)))?,
            swapped: if u.ratio(1, 30)? { Some(u.arbitrary()?) } else { None },
        })
    }
}

impl Recipe for Module {
    const LONGEST: Duration = run::LONGEST;

    fn bounds(&self) -> Bounds {
        run::bounds(self.build().len())
    }

    fn run(&self) -> std::result::Result<End, String> {
        run::run(&self.build())
    }
}

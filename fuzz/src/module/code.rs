//! The code of a function: a tree of instructions, each of which leaves the operands as they were.

use crate::number::{few, list, many, size};
use arbitrary::{Arbitrary, Result, Unstructured};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// A type of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the types")]
pub enum Type {
    I32,
    I64,
    F32,
    F64,
    V128,
    FuncRef,
    ExternRef,
}

/// So many values of one type.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Many {
    /// How many.
    pub count: u32,
    /// Of what.
    pub ty: Type,
}

crate::number::any_of!(Type: I32, I64, F32, F64, V128, FuncRef, ExternRef);

impl<'a> Arbitrary<'a> for Many {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Many { count: many(u)?, ty: u.arbitrary()? })
    }
}

/// What kind of block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// Branches lead to its end.
    Block,
    /// Branches lead to its beginning.
    Loop,
    /// With a condition, and without another way.
    If,
    /// With so many handlers that catch everything and lead to the block around it.
    Try(u8),
}

impl<'a> Arbitrary<'a> for Block {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=9)? {
            0..=3 => Block::Block,
            4..=6 => Block::Loop,
            7 | 8 => Block::If,
            _ => Block::Try(u.arbitrary()?),
        })
    }
}

/// An instruction, with those that give it operands and take its results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Code {
    /// Blocks of a type, inside each other and then one after another, that hand their values on.
    Blocks {
        /// What kind.
        kind: Block,
        /// The number of the type.
        ty: u32,
        /// How many are inside each other.
        depth: u32,
        /// How often that is repeated.
        times: u32,
        /// What is in the innermost.
        body: Vec<Code>,
    },
    /// The same again and again.
    Repeat {
        /// How often.
        times: u32,
        /// What.
        body: Vec<Code>,
    },
    /// Something done while operands wait below.
    Below {
        /// The operands.
        operands: Many,
        /// What is done.
        body: Vec<Code>,
    },
    /// A branch to a block around it by a table.
    Table {
        /// How many entries.
        targets: u32,
        /// How far out the block is.
        label: u32,
    },
    /// A branch to a block around it, sometimes.
    Branch {
        /// How far out the block is.
        label: u32,
        /// Whether it depends on a condition that does not hold.
        never: bool,
    },
    /// A call.
    Call {
        /// The number of the function.
        function: u32,
    },
    /// A call by a table.
    Indirect {
        /// The number of the type.
        ty: u32,
        /// The number of the function in the table.
        index: u32,
    },
    /// The first local is read and written.
    Local {
        /// The number of the local.
        index: u32,
    },
    /// Globals are read and written.
    Global {
        /// The number of the first.
        index: u32,
        /// How many of them, one after another.
        count: u32,
    },
    /// A byte is read and written.
    Memory {
        /// Where.
        at: i64,
        /// In one step for all threads.
        atomic: bool,
    },
    /// The memory grows.
    Grow {
        /// By so many pages.
        pages: i64,
    },
    /// A piece of the memory is filled.
    Fill {
        /// Where.
        at: i64,
        /// How many bytes.
        len: i64,
    },
    /// The first table grows.
    GrowTable {
        /// By so many entries.
        entries: i64,
    },
    /// Something is thrown.
    Throw,
    /// It ends.
    Return,
    /// It traps.
    Unreachable,
    /// Bytes as they are.
    Raw(Vec<u8>),
}

thread_local! {
    /// How deep the code is that is being made: beyond a few, only leaves are.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// How deep trees get; deep nesting is what `depth` is for.
const MAX_DEPTH: u32 = 5;

/// Code that is one level deeper.
pub(super) fn body(u: &mut Unstructured<'_>) -> Result<Vec<Code>> {
    if DEPTH.get() >= MAX_DEPTH {
        return Ok(Vec::new());
    }
    DEPTH.set(DEPTH.get() + 1);
    let body = list(u, 0, 5, Code::arbitrary);
    DEPTH.set(DEPTH.get() - 1);
    body
}

impl<'a> Arbitrary<'a> for Code {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let label = |u: &mut Unstructured<'a>| u.int_in_range(0..=6);
        Ok(match u.int_in_range(0..=22)? {
            0..=5 => Code::Blocks {
                kind: u.arbitrary()?,
                ty: few(u)?,
                depth: if u.ratio(3, 4)? { 1 } else { many(u)? },
                times: if u.ratio(1, 2)? { 1 } else { many(u)? },
                body: body(u)?,
            },
            6 | 7 => Code::Repeat { times: many(u)?, body: body(u)? },
            8 | 9 => Code::Below { operands: u.arbitrary()?, body: body(u)? },
            10 => Code::Table { targets: many(u)?, label: label(u)? },
            11 => Code::Branch { label: label(u)?, never: u.ratio(9, 10)? },
            12 => Code::Call { function: few(u)? },
            13 => Code::Indirect { ty: few(u)?, index: few(u)? },
            14 => Code::Local { index: many(u)? },
            15 => Code::Global { index: many(u)?, count: many(u)? },
            16 => Code::Memory { at: size(u)?, atomic: u.arbitrary()? },
            17 => Code::Grow { pages: size(u)? },
            18 => Code::Fill { at: size(u)?, len: size(u)? },
            19 => Code::GrowTable { entries: size(u)? },
            20 => Code::Throw,
            21 if u.ratio(1, 10)? => Code::Raw(u.arbitrary()?),
            21 => Code::Return,
            _ => Code::Unreachable,
        })
    }
}

//! Models in ONNX from a grammar: a chain of operations with some branches, loaded as a guest's and computed with.

mod attribute;
mod build;
mod generate;
mod node;
mod op;
mod run;
mod tree;

pub use attribute::{Attribute, Padding};
pub use node::{Element, Node, Operand};
pub use op::Op;
pub use tree::{Shape, Tree};

use crate::watch::Bounds;
use crate::{End, Recipe};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A model, and what it is computed with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    /// The version of the operations.
    pub opset: u8,
    /// What comes in. They are the values from 0 on.
    pub inputs: Vec<Port>,
    /// The operations. Each gives one more value.
    pub nodes: Vec<Node>,
    /// Every value that no node takes is an output; otherwise the last one alone.
    pub all_outputs: bool,
    /// Bytes that are changed after everything: where, and what to.
    pub damage: Vec<(u32, u8)>,
    /// What sizes that the model leaves open are in the computation.
    pub open: u32,
}

/// An input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Port {
    /// Of what.
    pub element: Element,
    /// The sizes; -1 leaves one open.
    pub shape: Vec<i64>,
}

impl Recipe for Model {
    const LONGEST: Duration = run::LONGEST;

    fn bounds(&self) -> Bounds {
        run::bounds(self.build().len())
    }

    fn run(&self) -> Result<End, String> {
        run::run(self.build(), self.open)
    }
}

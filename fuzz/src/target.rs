//! The targets by name, and the driver's operations on the recipes of each.

use crate::Recipe;
use crate::calls::Calls;
use crate::isolated::Isolated;
use crate::lies::Lies;
use crate::model::Model;
use crate::module::Module;
use crate::planted::Planted;
use crate::watch::{Verdict, watch};
use anyhow::{Context, Result};
use arbitrary::Unstructured;
use clap::ValueEnum;
use serde_json::Value;
use std::time::Duration;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Modules, compiled and run on each engine.
    Module,
    /// Models in ONNX, loaded and computed with.
    Model,
    /// Calls of both proposals, in any order and with small budgets.
    Calls,
    /// Models in workers without other limits.
    Isolated,
    /// Workers that lie to their host.
    Lies,
    /// Faults that are known, for the tests of the watch.
    #[value(skip)]
    Planted,
}

/// Calls a generic function with the recipe of a target.
macro_rules! with_recipe {
    ($target:expr, $function:ident ( $($argument:expr),* )) => {
        match $target {
            Target::Module => $function::<Module>($($argument),*),
            Target::Model => $function::<Model>($($argument),*),
            Target::Calls => $function::<Calls>($($argument),*),
            Target::Isolated => $function::<Isolated>($($argument),*),
            Target::Lies => $function::<Lies>($($argument),*),
            Target::Planted => $function::<Planted>($($argument),*),
        }
    };
}

impl Target {
    /// Those that look for faults.
    pub const ALL: [Target; 5] =
        [Target::Module, Target::Model, Target::Calls, Target::Isolated, Target::Lies];

    /// The name, as in commands and folders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Target::Module => "module",
            Target::Model => "model",
            Target::Calls => "calls",
            Target::Isolated => "isolated",
            Target::Lies => "lies",
            Target::Planted => "planted",
        }
    }

    /// A recipe made of these bytes, as a tree; bytes that are too few make a small one.
    ///
    /// # Errors
    ///
    /// What the grammar or the text format cannot express.
    pub fn generate(self, bytes: &[u8]) -> Result<Value> {
        with_recipe!(self, generate(bytes))
    }

    /// The longest time that any recipe may take.
    #[must_use]
    pub fn longest(self) -> Duration {
        with_recipe!(self, longest())
    }

    /// Whether a tree is a recipe of this target.
    #[must_use]
    pub fn reads(self, recipe: &Value) -> bool {
        with_recipe!(self, reads(recipe))
    }

    /// Runs a recipe in this process.
    ///
    /// # Errors
    ///
    /// Where the tree is no recipe of this target.
    pub fn run(self, recipe: &Value) -> Result<Verdict> {
        with_recipe!(self, run(recipe))
    }
}

fn generate<R: Recipe>(bytes: &[u8]) -> Result<Value> {
    Ok(serde_json::to_value(R::arbitrary(&mut Unstructured::new(bytes))?)?)
}

fn read<R: Recipe>(recipe: &Value) -> Result<R> {
    R::deserialize(recipe).context("no recipe of this target")
}

fn longest<R: Recipe>() -> Duration {
    R::LONGEST
}

fn reads<R: Recipe>(recipe: &Value) -> bool {
    R::deserialize(recipe).is_ok()
}

fn run<R: Recipe>(recipe: &Value) -> Result<Verdict> {
    let recipe: R = read(recipe)?;
    Ok(watch(&recipe.bounds(), || recipe.run()))
}

//! The error about a module that costs too much to compile.

use std::fmt;

/// A bound of [`CompileLimits`](crate::CompileLimits) that a module is beyond.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} has {} {what}, or more, and the bound `{bound}` is {most}", most.saturating_add(1))]
pub struct Costly {
    pub(super) place: CostPlace,
    pub(super) what: &'static str,
    pub(super) bound: &'static str,
    pub(super) most: u64,
}

impl Costly {
    /// The name of the field of [`CompileLimits`](crate::CompileLimits).
    #[must_use]
    pub fn bound(&self) -> &'static str {
        self.bound
    }

    /// The index of the function, unless it is all of them together, or what comes before them.
    #[must_use]
    pub fn function(&self) -> Option<u32> {
        match self.place {
            CostPlace::Module | CostPlace::Startup => None,
            CostPlace::Function(index) => Some(index),
        }
    }
}

/// Where the cost is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CostPlace {
    Module,
    Startup,
    Function(u32),
}

impl fmt::Display for CostPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CostPlace::Module => f.write_str("the module"),
            CostPlace::Startup => f.write_str("what comes before the start"),
            CostPlace::Function(index) => write!(f, "function {index}"),
        }
    }
}

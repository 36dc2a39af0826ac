//! The trait of recipes, which every grammar has.

use crate::watch::Bounds;
use arbitrary::Arbitrary;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Plain data that something hostile is built from.
pub trait Recipe: Serialize + DeserializeOwned + for<'a> Arbitrary<'a> {
    /// The longest time that any recipe may take, for whoever waits for one.
    const LONGEST: Duration;

    /// What a run may take. It follows from the limits that [`run`](Self::run) gives the host, and from how many
    /// bytes the guest brings.
    fn bounds(&self) -> Bounds;

    /// Builds the thing, and does with it what a host does.
    ///
    /// # Errors
    ///
    /// The promise of the host's that was broken. Refusing what was built breaks none.
    fn run(&self) -> Result<End, String>;
}

/// How far a run came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The host refused what was built, or stopped it, and said why.
    Refused(String),
    /// The host did all that was asked.
    Done,
}

//! Sequences of calls from a grammar, of both proposals, with budgets so small that a few calls reach them.

mod functions;
mod generate;
mod memory;
mod nn;
mod snapshot;

use crate::watch::Bounds;
use crate::{End, Recipe};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a guest calls, in this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Calls {
    /// Functions of `wasi_snapshot_preview1`.
    Snapshot(Vec<Call>),
    /// Functions of `wasi_ephemeral_nn`.
    Nn(Vec<Call>),
}

/// One call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The name of the function.
    pub function: String,
    /// What it is given, cut to the types of its parameters; what is missing is zero.
    pub arguments: Vec<u64>,
    /// How often, in a row.
    pub times: u32,
}

impl Recipe for Calls {
    const LONGEST: Duration = Duration::from_secs(6);

    /// Memory: what each transfer, listing and tensor may take, and what a context holds. Time: what each call may
    /// wait, compute or load, for as many calls as there are.
    fn bounds(&self) -> Bounds {
        match self {
            Calls::Snapshot(calls) => {
                let count = u32::try_from(count(calls)).unwrap_or(u32::MAX);
                let time = Duration::from_secs(1) + (snapshot::SLEEP + Duration::from_millis(5)) * count;
                Bounds { memory: 4 << 20, time }
            }
            Calls::Nn(calls) => {
                let count = u32::try_from(count(calls)).unwrap_or(u32::MAX);
                let time = Duration::from_secs(2) + Duration::from_millis(10) * count;
                Bounds { memory: 32 << 20, time }
            }
        }
    }

    fn run(&self) -> Result<End, String> {
        match self {
            Calls::Snapshot(calls) => snapshot::run(calls)?,
            Calls::Nn(calls) => nn::run(calls)?,
        }
        Ok(End::Done)
    }
}

/// The most calls of one run.
const MAX_CALLS: usize = 300;

fn count(calls: &[Call]) -> usize {
    calls.iter().map(|call| call.times as usize).sum::<usize>().min(MAX_CALLS)
}

/// All calls, one by one.
fn each(calls: &[Call]) -> impl Iterator<Item = &Call> {
    calls.iter().flat_map(|call| std::iter::repeat_n(call, call.times as usize)).take(MAX_CALLS)
}

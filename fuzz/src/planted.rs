//! Planted faults, one of each kind, for the test that the watch sees them.

use crate::watch::{Bounds, processor_time};
use crate::{End, Recipe};
use arbitrary::{Arbitrary, Result, Unstructured};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Duration;

/// Something that a run must not do, or what it may.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Planted {
    /// Takes so many bytes, on another thread.
    Allocate(usize),
    /// Computes for so many milliseconds.
    Compute(u64),
    /// Never ends.
    Hang,
    /// Calls itself until the stack is full.
    Recurse,
    /// Panics.
    Panic,
    /// Says that a promise was broken.
    Promise,
}

impl Planted {
    /// What the bounds of all of them are.
    pub const BOUNDS: Bounds = Bounds { memory: 1 << 20, time: Duration::from_millis(100) };
}

impl<'a> Arbitrary<'a> for Planted {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Planted::Allocate)
    }
}

impl Recipe for Planted {
    const LONGEST: Duration = Self::BOUNDS.time;

    fn bounds(&self) -> Bounds {
        Self::BOUNDS
    }

    fn run(&self) -> std::result::Result<End, String> {
        match *self {
            Planted::Allocate(bytes) => {
                let thread = std::thread::spawn(move || drop(black_box(vec![1_u8; bytes])));
                thread.join().map_err(|_| "the thread panicked".to_owned())?;
            }
            Planted::Compute(millis) => {
                let end = processor_time() + Duration::from_millis(millis);
                while processor_time() < end {
                    black_box(0);
                }
            }
            Planted::Hang => loop {
                black_box(0);
            },
            Planted::Recurse => {
                black_box(recurse(u64::MAX));
            }
            Planted::Panic => panic!("planted"),
            Planted::Promise => return Err("planted".to_owned()),
        }
        Ok(End::Done)
    }
}

fn recurse(depth: u64) -> u64 {
    if black_box(depth) == 0 { 0 } else { recurse(depth - 1) + black_box(1) }
}

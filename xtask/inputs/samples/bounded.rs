//! A counter that does not pass its limit.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// The counter was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the counter is full")
    }
}

impl std::error::Error for Full {}

pub struct Bounded<const LIMIT: u32>(AtomicU32);

impl<const LIMIT: u32> Bounded<LIMIT> {
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub fn increment(&self) -> Result<u32, Full> {
        let next = |value: u32| (value < LIMIT).then_some(value + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).map_err(|_| Full)
    }
}

#[test]
fn the_limit_holds() {
    let counter = Bounded::<2>::new();
    assert_eq!((counter.increment(), counter.increment()), (Ok(0), Ok(1)));
    assert_eq!(counter.increment(), Err(Full));
}

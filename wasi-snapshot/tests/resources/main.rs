//! Tests of what guests can make the host spend, in memory, descriptors and time; and that no call panics, whatever it
//! is given. Some of these tests count what the whole process has, so they are a binary of their own and run one at a
//! time.

#[path = "../common/helpers.rs"]
mod common;

mod any_calls;
#[cfg(target_os = "linux")]
mod handles;
mod in_memory;
mod maximal;

use std::sync::{Mutex, MutexGuard, PoisonError};
use test_support::counting::{Counting, PerThread, assert_counted};

/// Counts what calls take.
#[global_allocator]
static ALLOCATOR: Counting<PerThread> = Counting(PerThread);

#[test]
fn the_allocator_counts() {
    assert_counted();
}

/// Held by each test while it runs.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Tests of the calls of `wasi_ephemeral_nn`, through a linker without an engine and through engines.

#[path = "../common/helpers.rs"]
mod common;

mod allocations;
mod any_calls;
mod engines;
mod handles;
mod imports;
mod limits;
mod panics;
mod pointers;
mod records;
mod rows;
mod states;
mod successes;
mod time_limits;

use test_support::counting::{Counting, PerThread, assert_counted};

/// Counts what calls take.
#[global_allocator]
static ALLOCATOR: Counting<PerThread> = Counting(PerThread);

#[test]
fn the_allocator_counts() {
    assert_counted();
}

//! Tests of the OpenVINO backend through the traits, on the real library, which `cargo xtask setup openvino` brings.

mod absence;
mod allocations;
mod control;
mod devices;
mod files;
mod golden;
mod hostile;
mod ports;
mod products;
mod real;
mod requests;
mod support;
mod threads;

use test_support::counting::{Counting, PerThread, assert_counted};

/// Counts what calls take.
#[global_allocator]
static ALLOCATOR: Counting<PerThread> = Counting(PerThread);

#[test]
fn the_allocator_counts() {
    assert_counted();
}

//! Tests of the ONNX Runtime backend through the traits, on the real library, which `cargo xtask setup onnxruntime` brings.

mod absence;
mod allocations;
mod checks;
mod control;
mod devices;
mod files;
mod golden;
mod hostile;
mod loops;
mod memory;
mod ports;
mod products;
mod properties;
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

//! Tests of the embedded ONNX engine, by its backend: what it computes, and what it refuses.

mod external;
mod golden;
mod growth;
mod held;
mod indices;
mod limits;
mod mutants;
mod node_checks;
mod open_sizes;
mod oracle;
mod recurrent;
mod scan;
mod support;
mod time_limits;
mod trusted;
mod work;

use test_support::counting::{Counting, PerThread, assert_counted};

/// Counts what calls take.
#[global_allocator]
static ALLOCATOR: Counting<PerThread> = Counting(PerThread);

#[test]
fn the_allocator_counts() {
    assert_counted();
}

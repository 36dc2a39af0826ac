//! Tests of the calls of `wasi_ephemeral_nn`, through a linker without an engine and through engines.

#[path = "../common/helpers.rs"]
mod common;
// The same allocator as for the other proposal's tests: counting bytes has nothing of either in it.
#[path = "../../../wasi-snapshot/tests/resources/counting.rs"]
mod counting;

mod calls;
mod engines;
mod fuzz;
mod handles;
mod imports;
mod limits;
mod panics;
mod pointers;
mod records;
mod rows;
mod states;
mod steady;
mod time;

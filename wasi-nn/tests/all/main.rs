//! The calls of `wasi_ephemeral_nn`, through a linker without an engine and through engines.

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod engines;
mod handles;
mod imports;
mod limits;
mod panics;
mod pointers;
mod records;
mod rows;
mod states;
mod time;

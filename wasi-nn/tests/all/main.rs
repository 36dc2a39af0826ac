//! The calls of `wasi_ephemeral_nn`, through a linker without an engine and through engines.

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod imports;
mod pointers;
mod records;
mod rows;
mod states;

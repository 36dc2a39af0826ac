//! The replacements of other crates' items for preview1: one page a crate, and what all of them have in common.
//!
#![doc = include_str!("../docs/migrating.md")]

#[doc = include_str!("../docs/migrating/wasi_common.md")]
pub mod wasi_common {}

#[doc = include_str!("../docs/migrating/wasmtime_wasi.md")]
pub mod wasmtime_wasi {}

#[doc = include_str!("../docs/migrating/wasmi_wasi.md")]
pub mod wasmi_wasi {}

#[doc = include_str!("../docs/migrating/wasmer_wasix.md")]
pub mod wasmer_wasix {}

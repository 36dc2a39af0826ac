//! The items of wasi-common, of preview1 of wasmtime-wasi and of wasmi_wasi, each beside ours.
//!
#![doc = include_str!("../docs/migrating.md")]

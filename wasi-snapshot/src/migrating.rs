//! From wasi-common, from preview1 of wasmtime-wasi, and from wasmi_wasi: what was there beside what is here.
//!
#![doc = include_str!("../docs/migrating.md")]

//! The library, as embedders use it, on every engine that is compiled in.
#![cfg(all(feature = "snapshot", any(feature = "wasmtime", feature = "wasmi")))]

mod garbage;
#[cfg(feature = "nn")]
mod inference;
mod interrupts;
mod own;
mod programs;
mod stages;

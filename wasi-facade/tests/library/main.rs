//! Tests of the library as embedders use it, on every engine that is compiled in.
#![cfg(any(feature = "wasmtime", feature = "wasmi"))]

#[cfg(feature = "snapshot")]
mod costly;
#[cfg(feature = "snapshot")]
mod deterministic;
#[cfg(feature = "snapshot")]
mod functions;
#[cfg(feature = "snapshot")]
mod garbage;
#[cfg(feature = "snapshot")]
mod hostile;
#[cfg(feature = "nn")]
mod inference;
#[cfg(feature = "snapshot")]
mod instances;
#[cfg(feature = "snapshot")]
mod interrupts;
#[cfg(feature = "snapshot")]
mod outcomes;
#[cfg(feature = "snapshot")]
mod own;
#[cfg(feature = "snapshot")]
mod pool;
#[cfg(feature = "snapshot")]
mod programs;
#[cfg(feature = "snapshot")]
mod reactors;
#[cfg(feature = "snapshot")]
mod replacements;
#[cfg(feature = "snapshot")]
mod spent;
#[cfg(feature = "snapshot")]
mod stages;
#[cfg(feature = "snapshot")]
mod tenants;

//! Links the proposals of [`wasi_policy`] into Wasmtime, for core modules.
//!
//! A proposal registers in a [`Linker`](wasi_policy::Linker). [`one_instance`] and [`many_instances`] make one of
//! Wasmtime's own linker; which of them a store needs is told at [`wasi_policy::MemorySlot`]. Wasmtime's types appear in
//! the signatures here only, so a proposal never sees them; [`wasmtime`] is the release that they are of.
#![deny(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod adapter;
mod bound;
mod shared;
mod signature;
mod slots;

pub use adapter::{Adapter, ByLookup, BySlot, MemorySource, many_instances, one_instance};
pub use bound::{Bound, MemorySlot, bind, memory};
pub use wasmtime;

use wasi_policy::Trap;

/// The error that ends a guest with `trap`, for host functions that are no proposal's.
#[must_use]
pub fn error(trap: Trap) -> wasmtime::Error {
    wasmtime::Error::new(trap)
}

/// The [`Trap`] with which a host function ended the guest, if that is what `error` is about.
#[must_use]
pub fn trap(error: &wasmtime::Error) -> Option<&Trap> {
    error.downcast_ref()
}

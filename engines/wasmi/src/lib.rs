//! Links the proposals of [`wasi_policy`] into wasmi, the interpreter, for core modules.
//!
//! A proposal registers in a [`Linker`](wasi_policy::Linker). [`one_instance`] and [`many_instances`] make one of
//! wasmi's own linker; which of them a store needs is told at [`wasi_policy::MemorySlot`]. wasmi's types appear in
//! the signatures here only, so a proposal never sees them; [`wasmi`] is the release that they are of.
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod adapter;
mod bound;
mod signature;
mod slots;

pub use adapter::{Adapter, ByLookup, BySlot, MemorySource, many_instances, one_instance};
pub use bound::{MemorySlot, bind, memory};
pub use wasmi;

use std::fmt;
use wasi_policy::Trap;

/// The error that ends a guest with `trap`, for host functions that are no proposal's.
#[must_use]
pub fn error(trap: Trap) -> wasmi::Error {
    wasmi::Error::host(Carried(trap))
}

/// The [`Trap`] with which a host function ended the guest, if that is what `error` is about.
#[must_use]
pub fn trap(error: &wasmi::Error) -> Option<&Trap> {
    error.downcast_ref::<Carried>().map(|Carried(trap)| trap)
}

/// A trap on its way through wasmi, whose trait for such errors is none of this crate's or of `wasi-policy`'s.
#[derive(Debug)]
struct Carried(Trap);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl wasmi::errors::HostError for Carried {}

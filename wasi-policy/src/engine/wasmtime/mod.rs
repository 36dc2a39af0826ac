//! Wasmtime, for core modules. How to choose between the two kinds of adapter: [`engine`](crate::engine).

mod adapter;
mod bound;
mod shared;

pub use adapter::{Adapter, ByLookup, BySlot, MemorySource, many_instances, one_instance};
pub use bound::{Bound, MemorySlot, bind};

use crate::Trap;

/// The [`Trap`] with which a host function ended the guest, if that is what `error` is about.
#[must_use]
pub fn trap(error: &wasmtime::Error) -> Option<&Trap> {
    error.downcast_ref()
}

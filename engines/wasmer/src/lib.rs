//! Links the proposals of [`wasi_policy`] into Wasmer, for core modules.
//!
//! A proposal registers in a [`Linker`](wasi_policy::Linker). [`one_instance`] makes one of Wasmer's imports: for a store,
//! and for a [`FunctionEnv`](wasmer::FunctionEnv) that holds the context of one guest and the slot for its memory.
//!
//! Wasmer differs from other engines in two ways. A host function does not learn which instance calls it, so there is no
//! `many_instances`: each instance has imports and a `FunctionEnv` of its own, and until its memory is [bound](bind), which
//! a start function comes before, calls that need the memory end the guest. And Wasmer lends no slice of a memory without
//! unsafe code, so bytes are copied out and in.
//!
//! Wasmer's types appear in the signatures here only, so a proposal never sees them; [`wasmer`] is the release that they
//! are of.
//!
//! ```
//! use wasi_engine_wasmer::{MemorySlot, bind, one_instance};
//! # use wasi_policy::{Linker, Memory, Trap};
//! # use wasi_engine_wasmer::wasmer::{FunctionEnv, Imports, Store};
//! struct Guest {
//!     greetings: u32,
//!     memory: MemorySlot,
//! }
//!
//! let mut store = Store::default();
//! let env = FunctionEnv::new(&mut store, Guest { greetings: 0, memory: MemorySlot::new() });
//! let mut imports = Imports::new();
//! let mut linker = one_instance(&mut store, &env, &mut imports, |guest: &mut Guest| &mut guest.memory);
//! // A proposal would be registered here: `Snapshot::register(permit, &mut linker, |guest| &mut guest.wasi)`.
//! linker.func("example", "greet", |guest: &mut Guest, _: Memory<'_>, (): ()| {
//!     guest.greetings += 1;
//!     Ok::<u32, Trap>(guest.greetings)
//! })?;
//! assert!(imports.exists("example", "greet"));
//! # Ok::<(), wasi_policy::LinkError>(())
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod adapter;
mod bound;
mod signature;

pub use adapter::{Adapter, one_instance};
pub use bound::{MemorySlot, bind};
pub use wasmer;

use wasi_policy::Trap;

/// The error that ends a guest with `trap`, for host functions that are no proposal's.
#[must_use]
pub fn error(trap: Trap) -> wasmer::RuntimeError {
    wasmer::RuntimeError::user(Box::new(trap))
}

/// The [`Trap`] with which a host function ended the guest, if that is what `error` is about.
#[must_use]
pub fn trap(error: &wasmer::RuntimeError) -> Option<&Trap> {
    error.downcast_ref()
}

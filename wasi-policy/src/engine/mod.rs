//! Engine adapters: the only place of the workspace's libraries where an engine is named.
//!
//! Each adapter is behind the feature of the same name and implements [`Linker`](crate::Linker). The
//! engine's types appear in the adapter's signatures only, so a proposal never sees them.
//!
//! A host function needs the memory of the guest that called it. Looking the export up by name costs
//! several times the rest of a call, so each adapter comes in two kinds, and the choice is the embedder's
//! to make in the open:
//!
//! * `one_instance`: a store holds a single instance, by far the usual case. Its memory is bound once,
//!   with the engine's `bind`, in a `MemorySlot` that lives in the store's data. Until then (in a start
//!   function) calls look the memory up.
//! * `many_instances`: a store holds several instances, or the embedder does not want to bind. Every call
//!   looks up the memory that its caller exports.
//!
//! A slot takes one memory in its life: binding it again is an error. With `one_instance`, a second
//! instance that ran in the same store would work on the memory of the first; where that could happen,
//! limit the store to one instance, as both engines can.

pub(crate) mod native;
pub mod recording;
#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
mod slot;
#[cfg(feature = "wasmi")]
pub mod wasmi;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;

#[cfg(any(feature = "wasmtime", feature = "wasmi"))]
pub use slot::{BindError, MemorySlot};

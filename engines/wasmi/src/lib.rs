//! Links the proposals of [`wasi_policy`] into wasmi, the interpreter, for core modules.
//!
//! A proposal registers in a [`Linker`](wasi_policy::Linker). [`one_instance`] and [`many_instances`] make one of
//! wasmi's own linker; which of them a store needs is told at [`wasi_policy::MemorySlot`]. wasmi's types appear in
//! the signatures here only, so a proposal never sees them; [`wasmi`] is the release that they are of.
//!
//! A guest with preview1, whose calls are those of the crate `wasi-snapshot`:
//!
//! ```
//! use wasi_engine_wasmi::{MemorySlot, bind, one_instance, trap};
//! use wasi_policy::{Flags, Gate, Proposal, Trap};
//! use wasi_snapshot::{Sink, Snapshot, WasiCtx};
//! use wasmi::{Engine, Linker, Module, Store};
//!
//! struct State {
//!     wasi: WasiCtx,
//!     memory: MemorySlot,
//! }
//!
//! # let module = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//! #   (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 3))))"#;
//! # let module = wat::parse_str(module)?;
//! let engine = Engine::default();
//! let module = Module::new(&engine, &module)?;
//!
//! // Once for all guests: a permit from the policy's gate, and an adapter over the linker.
//! let mut linker = Linker::new(&engine);
//! let permit = Gate::new(Flags::none()).permit::<Snapshot>()?;
//! let mut adapter = one_instance(&mut linker, |state: &mut State| &mut state.memory);
//! Snapshot::register(permit, &mut adapter, |state| &mut state.wasi)?;
//!
//! let (stdout, captured) = Sink::capture(1 << 20);
//! let wasi = WasiCtx::builder().args(["guest"]).stdout(stdout).build()?;
//! let mut store = Store::new(&engine, State { wasi, memory: MemorySlot::new() });
//! let instance = linker.instantiate_and_start(&mut store, &module)?;
//! // A module without a memory runs, too: its calls tell what they lack.
//! let _ = bind(&mut store, &instance, |state| &mut state.memory);
//!
//! // The exit code comes as the guest gave it, with all its bits.
//! let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
//! let error = start.call(&mut store, ()).unwrap_err();
//! assert!(matches!(trap(&error), Some(Trap::Exit(3))));
//! assert!(captured.bytes().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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

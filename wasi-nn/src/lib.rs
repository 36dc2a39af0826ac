//! `wasi_ephemeral_nn`, machine-learning inference for core WebAssembly modules.
//!
//! The six functions of the witx and six that published guests import beyond it, on an embedded ONNX engine (the crate
//! `wasi-nn-onnx`), on OpenVINO (`wasi-nn-openvino`), on ONNX Runtime (`wasi-nn-onnxruntime`), on servers (`wasi-nn-remote`), or
//! on a backend of your own.
//! The crate knows no WebAssembly engine; it registers through [`wasi_policy`] in anything that implements
//! [`wasi_policy::Linker`].
//!
//! # A tour
//!
//! * [`Registry`] is shared by all guests of a process: the backends, where guests' own models may go, the graphs that
//!   the host has named, and what all guests may use together. [`Registry::stats`] says what each graph has taken.
//! * [`GuestModels`] says whether guests bring models of their own, which is no unless the host says where those run.
//! * [`NnCtx`] is what one guest has loaded. Its [`NnCtxBuilder`] takes a registry and the guest's [`Limits`], which are
//!   finite unless said otherwise. [`NnCtx::last_error`] says why a call failed, which the guest is not told.
//! * [`Nn`] is the proposal: it is registered with a permit from the policy's gate, for which the user must have asked.
//! * [`backend`] has the traits that libraries are connected by, and what a backend may use beside them.
#![cfg_attr(docsrs, doc = "* [`calls`] has what each function takes, gives and fails with.")]
//! * [`InterruptHandle`] ends a guest that loads or computes.
//!
//! ```
//! use wasi_nn::{GraphEncoding, NamedGraph, Nn, NnCtx, Registry, Source};
//! use wasi_policy::recording::Recording;
//! use wasi_policy::{Flags, Gate, Proposal};
//!
//! # let file = std::env::temp_dir().join(format!("wasi-nn-tour-{}.onnx", std::process::id()));
//! # std::fs::write(&file, "")?;
//! let graph = NamedGraph::new("classifier", GraphEncoding::Onnx, Source::Files(vec![file.clone()]));
//! let registry = Registry::builder().backend(wasi_nn_onnx::Onnx::new()).graph(graph).build()?;
//! # std::fs::remove_file(file)?;
//!
//! // One for each guest; a clone of a registry is the same one.
//! let ctx = NnCtx::builder(registry.clone()).build();
//!
//! // Any engine's adapter takes the place of this list of imports.
//! let mut linker = Recording::new();
//! let permit = Gate::new(Flags::none().allow("nn")).permit::<Nn>()?;
//! Nn::register(permit, &mut linker, |ctx: &mut NnCtx| ctx)?;
//! assert_eq!(linker.imports().len(), 6 + 6);
//! # drop(ctx);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it is built
//!
//! A call enters through the table in `imports.rs`, which turns its outcome into an errno or a trap, and runs one function
//! of `calls/`: decode (`abi.rs`), look up (`handles.rs`), act, encode. All that can be checked without a library is
//! checked there, so that a backend sees what passed: handles, indices, types, shapes, lengths, the order of calls, and
//! what it costs (`budget.rs`). A tensor is copied once, between guest memory and the backend's own buffer. A panic of a
//! backend ends in `contain.rs`, a computation that takes too long through a [`Watch`](wasi_policy::Watch).
//!
//! Guests that count tensor types as the bindings before 0.6 did are told apart by the size of their data
//! ([`NnCtxBuilder::legacy_types`]).
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod abi;
pub mod backend;
mod budget;
mod builder;
#[cfg(docsrs)]
pub mod calls;
#[cfg(not(docsrs))]
#[expect(unreachable_pub, reason = "public on docs.rs only, to be read there and not to be called")]
mod calls;
mod contain;
mod control;
mod counter;
mod ctx;
mod errno;
mod error;
mod failure;
mod handles;
mod imports;
mod limits;
mod model;
pub mod onnx_scan;
mod options;
mod registry;
mod tensor;

pub use builder::NnCtxBuilder;
pub use control::{Cancel, CancelGuard, Control};
pub use counter::Tally;
pub use ctx::NnCtx;
pub use error::{Error, ErrorKind};
pub use imports::Nn;
pub use limits::Limits;
pub use model::{Device, ExecutionTarget, GraphEncoding, Model, Origin, Source};
pub use options::{LoadOptions, Precision};
pub use registry::{
    Computation, Description, GraphStats, GuestModels, MAX_NAME_LEN, NamedGraph, OtherBackend, ProcessLimits,
    Registry, RegistryBuilder,
};
pub use tensor::{ElementType, MAX_RANK, TensorType};
pub use wasi_policy::{InterruptHandle, Printable, limit_setters};

//! A backend of `wasi-nn` whose models each run in a process of their own.
//!
//! [`Isolated`] is a [`Backend`](wasi_nn::backend::Backend) for the host. It has no library that reads models: for each model it
//! takes a [worker](wasi_isolate), where another backend loads it and computes. Whatever a guest's model does there, the host
//! loses a worker, and the guest gets an error with the reason.
//!
//! ```no_run
//! use wasi_isolate::{Worker, serve};
//! use wasi_nn::{GraphEncoding, GuestModels};
//! use wasi_nn_isolate::{Isolated, service};
//!
//! // First thing in `main`: in a worker this serves, and never returns.
//! serve(&|name| (name == "onnx").then(|| service(|_| Ok(Box::new(wasi_nn_onnx::Onnx::new())))));
//!
//! // In the host, which starts itself as a worker.
//! let own = Worker::command(std::env::current_exe()?);
//! let isolated = Isolated::builder("onnx", own).encoding(GraphEncoding::Onnx).build()?;
//! let registry = wasi_nn::Registry::builder().backend(isolated).guest_models(GuestModels::Isolated).build()?;
//! # drop(registry);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! OpenVINO's reader of ONNX and ONNX Runtime, which are not made for hostile bytes, may be given those of guests here: a
//! service of `OpenVino::builder().guest_onnx(true)` or of `OnnxRuntime::builder().guest_onnx(true)`, and a backend with
//! `encoding(GraphEncoding::Onnx)` for it, before any other that takes ONNX. A worker of ONNX Runtime is started with its
//! `NO_TELEMETRY`. A worker that is confined opens no device but the processor.
//!
//! # What differs
//!
//! * Equal models of two guests are loaded twice: a worker serves one guest.
//! * What the backend refuses of an input's type and shape, it refuses when the guest computes, and not when it sets the input.
//!   What it refuses of the numbers, it refuses at once: an input that it [looks at](wasi_nn::backend::Graph::checks_input) is
//!   a message more.
//! * After a computation that was killed, no later one of the same graph succeeds; the guest has to load it anew. A backend
//!   that stops by itself at the end of its time is not killed.
//! * Executions of one graph compute one after the other.
//! * A [graph of the host's](IsolatedBuilder::host_encoding), which all guests have, is loaded anew for each execution, within the
//!   time and the interrupt of [whoever makes it](wasi_nn::backend::Graph::execution).
//! * Models come from memory, and their devices are those of the worker's backend.
//!
//! # Copies
//!
//! A tensor is copied once more than in the host's own process: from the guest's memory into one that both processes map, and
//! from that into the backend's buffer; outputs likewise. Up to four kibibytes travel in the message.
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

mod backend;
mod error;
mod execution;
mod graph;
mod load;
mod messages;
mod numbers;
mod ports;
mod running;
mod service;
mod session;

pub use backend::{Isolated, IsolatedBuilder};
pub use service::service;

/// Bytes of one tensor that travel in the message.
const MAX_INLINE: usize = 4 << 10;

/// Bytes of all tensors that travel in one message.
const MAX_INLINE_TOGETHER: usize = 64 << 10;

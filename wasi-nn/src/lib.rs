//! `wasi_ephemeral_nn`, machine-learning inference for core WebAssembly modules.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::as_conversions
    )
)]

mod abi;
pub mod backend;
mod budget;
mod builder;
mod calls;
mod contain;
mod control;
mod ctx;
mod errno;
mod error;
mod failure;
mod handles;
mod imports;
mod limits;
mod model;
#[cfg(any(feature = "onnx", feature = "openvino"))]
mod onnx_scan;
mod registry;
mod tensor;
mod watchdog;

pub use builder::Builder;
pub use control::{Cancel, CancelGuard, Control, InterruptHandle};
pub use ctx::NnCtx;
pub use error::{Error, ErrorKind};
pub use imports::Nn;
pub use limits::Limits;
pub use model::{Device, ExecutionTarget, GraphEncoding, Model, Origin, Source};
pub use registry::{
    Computation, Description, MAX_NAME_LEN, NamedGraph, ProcessLimits, Registry, RegistryBuilder,
};
pub use tensor::{ElementType, MAX_RANK, TensorType};
pub use wasi_policy::matrix::NN as DESCRIPTOR;

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

pub mod backend;
mod control;
mod errno;
mod error;
mod model;
mod tensor;
mod watchdog;

pub use control::{Cancel, CancelGuard, Control, InterruptHandle};
pub use error::{Error, ErrorKind};
pub use model::{Device, ExecutionTarget, GraphEncoding, Model, Origin, Source};
pub use tensor::{ElementType, MAX_RANK, TensorType};
pub use wasi_policy::matrix::NN as DESCRIPTOR;

//! Small models for tests and benches of `wasi-nn`, and an oracle that runs them on other runtimes.
//!
//! * [`models`] has models by name. Most are a [`Sketch`], which renders to ONNX and to OpenVINO's representation.
//! * [`golden`] says what they compute, worked out by hand.
//! * [`hostile`] has models that a host must refuse or survive.
//! * [`nodes`] has the ONNX package's own tests of single operations.
//! * [`onnx`] and [`ir`] write models of any kind, broken ones included.
//! * [`oracle`] asks ONNX Runtime and OpenVINO what a model computes.
//! * [`packages`] finds what `cargo xtask setup` brings: those runtimes, and larger models.
//!
//! Nothing is committed as a binary file and nothing is downloaded: a model is a few lines of protobuf or XML.
//!
//! ```
//! use nn_models::{Element, golden, models};
//!
//! let double = models::double(Element::F32);
//! let (onnx, ir) = (double.onnx(), double.ir());
//! assert!(onnx.len() < 100 && ir.weights.is_empty());
//!
//! let case = golden::cases().remove(1);
//! assert_eq!((case.name.as_str(), case.runs[0].inputs.len()), ("double_f32", 1));
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg_attr(not(test), deny(clippy::as_conversions))]

pub mod golden;
pub mod hostile;
pub mod ir;
pub mod models;
pub mod nodes;
pub mod onnx;
pub mod oracle;
pub mod packages;
mod sketch;
mod tensor;

pub use sketch::{Op, Sketch};
pub use tensor::{Element, Tensor};

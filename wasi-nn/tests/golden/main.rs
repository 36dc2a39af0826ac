//! What models compute for a guest, on each backend, with ONNX Runtime as an independent oracle.
#![cfg(all(feature = "onnx", feature = "openvino"))]

mod generated;
mod guest;
mod real;
mod small;

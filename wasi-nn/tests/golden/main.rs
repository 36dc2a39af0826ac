//! Tests of what models compute for a guest, on each backend, with ONNX Runtime as an independent oracle.

mod generated;
mod guest;
mod real;
mod small;

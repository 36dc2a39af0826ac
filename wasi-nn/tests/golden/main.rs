//! Tests of what models compute for a guest, on each backend, with ONNX Runtime as an independent oracle.

#[path = "../common/wasm_guest.rs"]
mod guest;

mod generated;
mod no_numbers;
mod real;
mod small;

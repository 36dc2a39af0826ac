//! The functions that a guest imports: decode, look up, act, encode.
//!
//! No argument ends a guest: pointers outside its memory give `invalid_argument`, and without a memory of 32-bit
//! addresses every call that needs one gives `missing_memory`. Pointers that are written to are checked before
//! anything happens. They may be misaligned and overlap: all that is read is read before anything is written.
//!
//! The first two parameters are the host's: what the guest has loaded, and its memory. The others are the guest's,
//! numbers of 32 bits; an address is one in the guest's memory. What a call gives back is `success` or an errno, and results
//! are written to memory. Each call names its cousins in the
//! [C API of OpenVINO](https://docs.openvino.ai/2025/api/c_cpp_api/group__ov__c__api.html) and of
//! [ONNX Runtime](https://onnxruntime.ai/docs/api/c/struct_ort_api.html).
//!
//! On docs.rs these functions can be read and not called: programs register [`Nn`](crate::Nn).
//!
//! # Beyond the witx
//!
//! Six calls are those of [WasmEdge](https://github.com/WasmEdge/WasmEdge/blob/master/plugins/wasi_nn/wasinnfunc.h),
//! whose guests import them.

pub mod context;
pub mod graph;
pub mod streaming;
pub mod tensor;

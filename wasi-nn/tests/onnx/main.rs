//! The embedded ONNX engine, by its backend: what it computes, and what it refuses.
#![cfg(feature = "onnx")]

#[path = "../common/execution.rs"]
mod execution;
mod external;
mod golden;
mod growth;
mod held;
mod limits;
mod mutants;
mod oracle;
mod recurrent;
mod sanity;
mod stop;
mod support;
mod work;

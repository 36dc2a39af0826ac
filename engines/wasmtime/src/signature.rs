//! Definitions of functions in the types of wasmtime.

wasi_policy::typed_definitions!(wasmtime);

//! Definitions of functions in the types of wasmi.

wasi_policy::typed_definitions!(wasmi);

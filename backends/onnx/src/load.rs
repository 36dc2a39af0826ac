//! The steps from the bytes of a model to a plan: reading, checking, guarding, compiling.

pub(crate) mod bodies;
pub(crate) mod compile;
mod fold;
pub(crate) mod guarded;
mod node_checks;
pub(crate) mod ports;
pub(crate) mod source;

//! The steps from the bytes of a model to a plan: reading, checking, guarding, compiling.

pub(crate) mod bodies;
mod choice;
pub(crate) mod compile;
mod dequantise;
mod extreme;
mod fold;
pub(crate) mod guarded;
mod inline;
mod node_checks;
mod one_hot;
pub(crate) mod ports;
mod recurrent;
mod rewrite;
pub(crate) mod source;
pub(crate) mod values;
mod vocabulary;

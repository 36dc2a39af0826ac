//! The graphs of loaded models, their plans, and the executions of guests.

pub(crate) mod branch;
pub(crate) mod checked;
mod execution;
pub(crate) mod graph;
pub(crate) mod key;
mod opening;
pub(crate) mod plan;
mod plans;
mod running;

//! What runs: the plans of a graph, and what each guest computes with.

pub(crate) mod branch;
pub(crate) mod checked;
mod execution;
pub(crate) mod graph;
pub(crate) mod plan;
mod plans;
mod running;

//! The check that a graph computes what was worked out by hand.

use crate::run;
use nn_models::golden::Case;
use std::sync::Arc;
use wasi_nn::Control;
use wasi_nn::backend::Graph;

/// Computes all runs of a case, twice, since buffers are used again.
///
/// # Panics
///
/// If an output differs by a bit.
#[track_caller]
pub fn check(case: &Case, graph: &Arc<dyn Graph>) {
    let name = &case.name;
    let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    for run_of in case.runs.iter().chain(&case.runs) {
        let outputs = run(execution.as_mut(), &run_of.inputs, run_of.outputs.len()).unwrap();
        let expected: Vec<_> = run_of.outputs.iter().map(|tensor| tensor.bytes.clone()).collect();
        assert!(outputs == expected, "{name}: {outputs:?} instead of {expected:?}");
    }
}

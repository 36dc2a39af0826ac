//! Tests that models compute what was worked out by hand, in both formats that are read from memory.

use crate::support::{ir, load, onnx, openvino, run};
use nn_models::golden::{self, Case};
use std::sync::Arc;
use wasi_nn::Origin;
use wasi_nn::backend::Graph;

fn check(case: &Case, graph: &Arc<dyn Graph>) {
    let name = &case.name;
    let mut execution = Arc::clone(graph).execution().unwrap();
    // Twice, since buffers are used again.
    for run_of in case.runs.iter().chain(&case.runs) {
        let outputs = run(execution.as_mut(), &run_of.inputs, run_of.outputs.len()).unwrap();
        let expected: Vec<_> = run_of.outputs.iter().map(|tensor| tensor.bytes.clone()).collect();
        assert!(outputs == expected, "{name}: {outputs:?} instead of {expected:?}");
    }
}

#[test]
fn models_compute_what_was_worked_out_by_hand() {
    let Some(openvino) = openvino() else { return };
    for case in golden::cases() {
        for origin in [Origin::Host, Origin::Guest] {
            check(&case, &load(&openvino, ir(case.model.ir(), origin)).unwrap());
        }
        check(&case, &load(&openvino, onnx(case.model.onnx())).unwrap());
    }
}

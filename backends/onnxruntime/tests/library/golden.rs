//! Tests that models compute what was worked out by hand.

use crate::support::{load, onnx, onnx_runtime};
use backend_tests::golden::check;
use nn_models::golden;

#[test]
fn models_compute_what_was_worked_out_by_hand() {
    let Some(backend) = onnx_runtime() else { return };
    for case in golden::cases().into_iter().chain([golden::wide_integers()]) {
        check(&case, &load(&backend, onnx(case.model.onnx())).unwrap());
    }
}

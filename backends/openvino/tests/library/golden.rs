//! Tests that models compute what was worked out by hand, in both formats that are read from memory.

use crate::support::{ir, load, onnx, openvino};
use backend_tests::golden::check;
use nn_models::golden;
use wasi_nn::Origin;

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

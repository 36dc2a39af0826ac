//! A test that a loop of inferences allocates nothing beside the inference.

use crate::support::{ir, load, onnx, openvino};
use backend_tests::buffers::a_steady_loop_allocates_nothing;
use nn_models::models;
use test_support::counting::allocations;
use wasi_nn::{ElementType, Origin, TensorType};

#[test]
fn in_both_formats() {
    let Some(openvino) = openvino() else { return };
    let kind = |dimensions| TensorType::new(ElementType::F32, dimensions).unwrap();
    for (model, kind) in [
        (ir(models::large_relu().ir(), Origin::Guest), kind(&[1, 3, 224, 224])),
        (onnx(models::dynamic_batch().onnx()), kind(&[3, 4])),
    ] {
        a_steady_loop_allocates_nothing(load(&openvino, model).unwrap(), kind, allocations);
    }
}

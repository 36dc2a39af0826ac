//! A test that a loop of inferences allocates nothing beside the inference.

use crate::support::{load, onnx, onnx_runtime};
use backend_tests::buffers::a_steady_loop_allocates_nothing;
use nn_models::models;
use test_support::counting::allocations;
use wasi_nn::{ElementType, TensorType};

#[test]
fn with_fixed_and_with_open_shapes() {
    let Some(backend) = onnx_runtime() else { return };
    let kind = |dimensions| TensorType::new(ElementType::F32, dimensions).unwrap();
    for (model, kind) in
        [(models::large_relu(), kind(&[1, 3, 224, 224])), (models::dynamic_batch(), kind(&[3, 4]))]
    {
        let graph = load(&backend, onnx(model.onnx())).unwrap();
        a_steady_loop_allocates_nothing(graph, kind, allocations);
    }
}

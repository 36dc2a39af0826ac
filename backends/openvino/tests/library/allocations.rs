//! A test that a loop of inferences allocates nothing beside the inference.

use crate::support::{ir, load, onnx, openvino};
use nn_models::models;
use std::time::Duration;
use test_support::counting::allocations;
use wasi_nn::{Control, ElementType, InterruptHandle, Origin, TensorType};

#[test]
fn a_steady_loop_allocates_nothing() {
    let Some(openvino) = openvino() else { return };
    let kind = |dimensions| TensorType::new(ElementType::F32, dimensions).unwrap();
    for (model, kind) in [
        (ir(models::large_relu().ir(), Origin::Guest), kind(&[1, 3, 224, 224])),
        (onnx(models::dynamic_batch().onnx()), kind(&[3, 4])),
    ] {
        let mut execution = load(&openvino, model).unwrap().execution().unwrap();
        let data = vec![1; kind.byte_len() as usize];
        let mut result = vec![0; data.len()];
        let interrupt = InterruptHandle::default();
        let mut step = || {
            let control = Control::new(Some(Duration::from_secs(60)), &interrupt);
            execution.input(0, kind).unwrap().copy_from_slice(&data);
            execution.compute(&control).unwrap();
            result.copy_from_slice(execution.output(0).unwrap());
        };
        step();
        let before = allocations();
        for _ in 0..100 {
            step();
        }
        assert_eq!(allocations(), before);
    }
}

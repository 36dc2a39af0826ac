//! Tests of executions: inputs and outputs that stay, and reused buffers without another guest's data.

use crate::support::{floats, load, onnx, onnx_runtime, run};
use backend_tests::buffers;
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use wasi_nn::Control;

#[test]
fn the_next_guest_gets_the_same_buffers_without_what_was_in_them() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::small_relu().onnx())).unwrap();
    buffers::the_next_guest_gets_the_same_without_what_was_in_them(&graph);
}

#[test]
fn new_executions_start_with_zeroes() {
    let Some(backend) = onnx_runtime() else { return };
    buffers::new_executions_start_with_zeroes(load(&backend, onnx(models::large_relu().onnx())).unwrap());
}

#[test]
fn open_shapes_keep_nothing_for_others() {
    let Some(backend) = onnx_runtime() else { return };
    buffers::open_shapes_keep_nothing_for_others(
        load(&backend, onnx(models::dynamic_batch().onnx())).unwrap(),
    );
}

#[test]
fn shapes_may_change_in_every_direction() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
    buffers::shapes_may_change_in_every_direction(graph);
}

#[test]
fn inputs_stay_set() {
    let Some(backend) = onnx_runtime() else { return };
    for model in [models::double(Element::F32), models::difference_and_product(Element::F32)] {
        buffers::inputs_stay_set(&load(&backend, onnx(model.onnx())).unwrap());
    }
}

/// `y` is `x`, or looks at the same elements: what a library might put in the same place.
fn in_place(kind: &str, shape: &[i64]) -> Vec<u8> {
    let graph = GraphProto::new("in_place").input("x", Element::F32, shape);
    let flat = if shape[0] < 0 { -1 } else { 4 };
    let graph = match kind {
        // The output is the input itself.
        "nothing" => graph.output("x", Element::F32, shape),
        "Reshape" => graph
            .initializer(TensorProto::new("shape", &Tensor::i64(&[1], &[-1])))
            .node(NodeProto::new("Reshape", &["x", "shape"], &["y"]))
            .output("y", Element::F32, &[flat]),
        // What the library leaves out, or computes in the place of its input.
        kind => graph.node(NodeProto::new(kind, &["x"], &["y"])).output("y", Element::F32, shape),
    };
    ModelProto::new(graph).into_bytes()
}

#[test]
fn outputs_outlive_the_next_inputs() {
    let Some(backend) = onnx_runtime() else { return };
    for kind in ["nothing", "Identity", "Reshape", "Dropout", "Flatten", "Sum", "Max"] {
        for shape in [&[2, 2][..], &[-1, 2]] {
            let graph = load(&backend, onnx(in_place(kind, shape))).unwrap();
            let what = format!("{kind} {shape:?}");
            buffers::outputs_outlive_the_next_inputs(&graph, shape[0] < 0, &what);
        }
    }
}

/// An output that is a constant is the library's own, whose bytes nobody may write.
#[test]
fn an_output_that_is_a_constant_stays_so() {
    let Some(backend) = onnx_runtime() else { return };
    for size in [2, -1] {
        let graph = GraphProto::new("constant")
            .input("x", Element::F32, &[size])
            .initializer(TensorProto::new("c", &Tensor::f32(&[2], &[3.0, 4.0])))
            .node(NodeProto::new("Neg", &["x"], &["y"]))
            .output("y", Element::F32, &[size])
            .output("c", Element::F32, &[2]);
        let graph = load(&backend, onnx(ModelProto::new(graph).into_bytes())).unwrap();
        for value in [1.0, 2.0] {
            let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
            let outputs = run(execution.as_mut(), &[Tensor::f32(&[2], &[value; 2])], 2).unwrap();
            assert_eq!(outputs, [floats(&[-value; 2]), floats(&[3.0, 4.0])]);
        }
    }
}

#[test]
fn a_graph_may_go_before_its_executions() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    drop(graph);
    drop(backend);
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[0.0; 4])], 1).unwrap();
    assert_eq!(outputs, [floats(&[10.0, 20.0, 30.0, 40.0])]);
}

/// A session is shared, and what one execution computes is not another's.
#[test]
fn executions_do_not_meet() {
    let Some(backend) = onnx_runtime() else { return };
    for model in [models::double(Element::F32), models::dynamic_batch()] {
        let graph = load(&backend, onnx(model.onnx())).unwrap();
        let dims = if graph.inputs()[0].is_fixed() { [2, 3] } else { [2, 4] };
        let tensor = |value| Tensor::f32(&dims, &vec![value; (dims[0] * dims[1]) as usize]);
        let (mut one, mut two) = (
            Arc::clone(&graph).execution(&Control::unbounded()).unwrap(),
            Arc::clone(&graph).execution(&Control::unbounded()).unwrap(),
        );
        let first = run(one.as_mut(), &[tensor(1.0)], 1).unwrap();
        let second = run(two.as_mut(), &[tensor(2.0)], 1).unwrap();
        assert_ne!(first, second);
        assert_eq!(one.output(0).unwrap(), first[0]);
    }
}

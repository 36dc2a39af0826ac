//! Tests of loops and recurrences: each computation begins anew, and ONNX Runtime gives the same outputs.

use super::support::{floats, load, run};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::oracle::{Job, Model, Oracle, Runtime};
use nn_models::{Element, Tensor, packages};
use std::sync::Arc;
use wasi_nn::Control;

fn weights(name: &str, dims: &[u32]) -> TensorProto {
    let count = u16::try_from(dims.iter().product::<u32>()).unwrap();
    let numbers: Vec<f32> = (0..count).map(|index| (f32::from(index) * 0.7).sin() * 0.5).collect();
    TensorProto::new(name, &Tensor::f32(dims, &numbers))
}

/// A recurrent operation with `gates` gates, over 6 steps of 3 numbers, with a state of 4.
fn recurrent(operation: &str, gates: u32) -> Vec<u8> {
    let node = NodeProto::new(operation, &["x", "w", "r", "b"], &["y", "h"]).attribute(
        "hidden_size",
        2,
        Message::new().int(3, 4),
    );
    // A form of the GRU that the engine computes as a whole rather than step by step.
    let node = if operation == "GRU" { node.int("linear_before_reset", 1) } else { node };
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[6, 1, 3])
        .initializer(weights("w", &[1, gates * 4, 3]))
        .initializer(weights("r", &[1, gates * 4, 4]))
        .initializer(weights("b", &[1, gates * 8]))
        .node(node)
        .output("y", Element::F32, &[6, 1, 1, 4])
        .output("h", Element::F32, &[1, 1, 4]);
    ModelProto::new(graph).into_bytes()
}

/// The sums of the first one, two, three numbers and so on, and the sum of all.
fn running_sums() -> Vec<u8> {
    let body = GraphProto::new("body")
        .input("sum", Element::F32, &[1])
        .input("number", Element::F32, &[1])
        .node(NodeProto::new("Add", &["sum", "number"], &["next"]))
        .node(NodeProto::new("Identity", &["next"], &["kept"]))
        .output("next", Element::F32, &[1])
        .output("kept", Element::F32, &[1]);
    let node = NodeProto::new("Scan", &["zero", "x"], &["all", "sums"])
        .int("num_scan_inputs", 1)
        .graph("body", body);
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[4, 1])
        .initializer(TensorProto::new("zero", &Tensor::f32(&[1], &[0.0])))
        .node(node)
        .output("all", Element::F32, &[1])
        .output("sums", Element::F32, &[4, 1]);
    ModelProto::new(graph).into_bytes()
}

#[test]
fn a_scan_begins_anew() {
    let graph = load(running_sums()).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    let input = [Tensor::f32(&[4, 1], &[1.0, 2.0, 3.0, 4.0])];
    for _ in 0..3 {
        let outputs = run(execution.as_mut(), &input, graph.outputs().len()).unwrap();
        assert_eq!(floats(&outputs[0]), [10.0]);
        assert_eq!(floats(&outputs[1]), [1.0, 3.0, 6.0, 10.0]);
    }
}

#[test]
fn a_branch_is_taken_or_not() {
    let graph = load(nn_models::models::nested_ifs(3)).unwrap();
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    for (number, expected) in [(2.0, 4.0), (0.0, 0.0), (-3.0, -6.0)] {
        let outputs = run(execution.as_mut(), &[Tensor::f32(&[], &[number])], graph.outputs().len()).unwrap();
        assert_eq!(floats(&outputs[0]), [expected]);
    }
}

#[test]
fn recurrences_begin_anew_as_in_onnx_runtime() {
    let Some(oracle) = packages::or_skip(Oracle::find()) else { return };
    let numbers: Vec<f32> = (0..18_u8).map(|index| (f32::from(index) * 0.3).cos()).collect();
    let input = [Tensor::f32(&[6, 1, 3], &numbers)];
    for (operation, gates) in [("RNN", 1), ("GRU", 3), ("LSTM", 4)] {
        let model = recurrent(operation, gates);
        let job = Job { runtime: Runtime::OnnxRuntime, model: Model::Onnx(&model), inputs: &input };
        let expected = oracle.run(&[job]).unwrap().remove(0).unwrap();
        let graph = load(model.clone()).unwrap();
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        for round in 0..3 {
            let outputs = run(execution.as_mut(), &input, graph.outputs().len()).unwrap();
            for (output, expected) in outputs.iter().zip(&expected) {
                let pairs = floats(output).into_iter().zip(floats(&expected.tensor.bytes));
                let furthest = pairs.map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
                assert!(furthest < 1e-5, "{operation}, round {round}: {furthest} apart");
            }
        }
    }
}

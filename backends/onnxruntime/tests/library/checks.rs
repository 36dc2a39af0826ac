//! Tests of the operators that are refused, since ONNX Runtime computes them in another way than ONNX says.

use crate::support::{floats, load, onnx, onnx_runtime, refusal, run};
use nn_models::onnx::{FunctionProto, GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use wasi_nn::{Control, ErrorKind};

/// `y` is `x`, `f32` of shape 1 x 1 x 2 x 2, made larger by scales that are a constant of the graph, or that a node makes.
fn resize(scale: f32, is_node: bool, domain: &str) -> ModelProto {
    let scales = TensorProto::new("scales", &Tensor::f32(&[4], &[1.0, 1.0, 1.0, scale]));
    let mode = |name: &str, value: &str| (name.to_owned(), Message::new().bytes(4, value));
    let mut node = NodeProto::new("Resize", &["x", "", "scales"], &["y"]).domain(domain);
    for (name, value) in [mode("coordinate_transformation_mode", "align_corners"), mode("mode", "linear")] {
        node = node.attribute(&name, 3, value);
    }
    let mut graph = GraphProto::new("resize").input("x", Element::F32, &[1, 1, 2, 2]);
    graph = if is_node {
        graph.node(NodeProto::new("Constant", &[], &["scales"]).tensor("value", scales))
    } else {
        graph.initializer(scales)
    };
    ModelProto::with_opset(graph.node(node).output("y", Element::F32, &[1, 1, 2, -1]), 13)
}

#[test]
fn corners_are_aligned_by_whole_scales_only() {
    let Some(backend) = onnx_runtime() else { return };
    for is_node in [false, true] {
        let graph = load(&backend, onnx(resize(2.0, is_node, "").into_bytes())).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        let outputs =
            run(execution.as_mut(), &[Tensor::f32(&[1, 1, 2, 2], &[0.0, 3.0, 3.0, 6.0])], 1).unwrap();
        // Worked out by hand: four places between the corners.
        assert_eq!(outputs, [floats(&[0.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0])]);
        let (kind, said) = refusal(&backend, onnx(resize(1.5, is_node, "").into_bytes()));
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(said.contains("the operator `Resize` of the node `y` in another way"), "{said}");
    }
}

#[test]
fn a_function_of_that_name_is_the_models_own() {
    let Some(backend) = onnx_runtime() else { return };
    let own = FunctionProto::new("ours", "Resize", &["x", "a", "b"], &["y"]);
    let own = own.node(NodeProto::new("Neg", &["x"], &["y"]));
    let graph = GraphProto::new("own")
        .input("x", Element::F32, &[2])
        .node(NodeProto::new("Resize", &["x"], &["y"]).domain("ours"))
        .output("y", Element::F32, &[2]);
    let model = ModelProto::with_opset(graph, 13).opset("ours", 1).function(own).into_bytes();
    let graph = load(&backend, onnx(model)).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[2], &[1.0, -2.0])], 1).unwrap();
    assert_eq!(outputs, [floats(&[-1.0, 2.0])]);
}

#[test]
fn what_a_maximum_came_from_is_put_back_without_a_shape_only() {
    let Some(backend) = onnx_runtime() else { return };
    let model = |inputs: &[&str]| {
        let graph = GraphProto::new("unpool")
            .input("x", Element::F32, &[1, 1, 1, 1])
            .initializer(TensorProto::new("places", &Tensor::i64(&[1, 1, 1, 1], &[3])))
            .initializer(TensorProto::new("shape", &Tensor::i64(&[4], &[1, 1, 2, 2])))
            .node(
                NodeProto::new("MaxUnpool", inputs, &["y"])
                    .ints("kernel_shape", &[2, 2])
                    .ints("strides", &[2, 2]),
            )
            .output("y", Element::F32, &[1, 1, 2, 2]);
        ModelProto::with_opset(graph, 11).into_bytes()
    };
    let graph = load(&backend, onnx(model(&["x", "places"]))).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[1, 1, 1, 1], &[7.0])], 1).unwrap();
    assert_eq!(outputs, [floats(&[0.0, 0.0, 0.0, 7.0])]);
    let (kind, said) = refusal(&backend, onnx(model(&["x", "places", "shape"])));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.contains("with an output shape"), "{said}");
}

//! Tests of the operators that are refused, since ONNX Runtime computes them in another way than ONNX says.

use crate::support::{floats, load, onnx, onnx_runtime, refusal, run};
use nn_models::onnx::{DataType, FunctionProto, GraphProto, Message, ModelProto, NodeProto, TensorProto};
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

/// `y` is what a function of the name `Resize` makes of `x`: the same with another sign.
fn own_resize(domain: &str) -> Vec<u8> {
    let own = FunctionProto::new(domain, "Resize", &["x", "a", "b"], &["y"]);
    let own = own.node(NodeProto::new("Neg", &["x"], &["y"]));
    let graph = GraphProto::new("own")
        .input("x", Element::F32, &[2])
        .node(NodeProto::new("Resize", &["x"], &["y"]).domain(domain))
        .output("y", Element::F32, &[2]);
    ModelProto::with_opset(graph, 13).opset("ours", 1).function(own).into_bytes()
}

#[test]
fn a_function_of_that_name_is_the_models_own() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(own_resize("ours"))).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let outputs = run(execution.as_mut(), &[Tensor::f32(&[2], &[1.0, -2.0])], 1).unwrap();
    assert_eq!(outputs, [floats(&[-1.0, 2.0])]);
}

/// ONNX Runtime would run ONNX's operator, and pass over the function.
#[test]
fn no_function_passes_for_an_operator_of_onnx() {
    let Some(backend) = onnx_runtime() else { return };
    for domain in ["", "ai.onnx"] {
        let (kind, said) = refusal(&backend, onnx(own_resize(domain)));
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(said.starts_with("the model's function `Resize` is in the domain of ONNX's own"), "{said}");
    }
}

/// What the caller of a function says of an operator in it is not known where the operator is.
#[test]
fn attributes_of_a_caller_are_the_worst_that_they_can_be() {
    let Some(backend) = onnx_runtime() else { return };
    let mode = Message::new().bytes(21, "mode");
    let scales = TensorProto::new("", &Tensor::f32(&[4], &[1.0, 1.0, 1.0, 1.5]));
    let own = FunctionProto::new("ours", "Larger", &["x"], &["y"])
        .raw(Message::new().bytes(6, "mode"))
        .node(NodeProto::new("Constant", &[], &["scales"]).tensor("value", scales))
        .node(
            NodeProto::new("Resize", &["x", "", "scales"], &["y"])
                .attribute("coordinate_transformation_mode", 3, mode)
                .attribute("mode", 3, Message::new().bytes(4, "linear")),
        );
    let call = NodeProto::new("Larger", &["x"], &["y"]).domain("ours");
    let graph = GraphProto::new("own")
        .input("x", Element::F32, &[1, 1, 2, 2])
        .node(call.attribute("mode", 3, Message::new().bytes(4, "align_corners")))
        .output("y", Element::F32, &[1, 1, 2, -1]);
    let model = ModelProto::with_opset(graph, 13).opset("ours", 1).function(own).into_bytes();
    let (kind, said) = refusal(&backend, onnx(model));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.contains("the operator `Resize`"), "{said}");
}

/// A constant of that name around a graph is another value.
#[test]
fn a_name_in_a_graph_hides_that_around_it() {
    let Some(backend) = onnx_runtime() else { return };
    let mode = |name: &str, value: &str| (name.to_owned(), Message::new().bytes(4, value));
    let mut resize = NodeProto::new("Resize", &["v", "", "scales"], &["vo"]);
    for (name, value) in [mode("coordinate_transformation_mode", "align_corners"), mode("mode", "linear")] {
        resize = resize.attribute(&name, 3, value);
    }
    let body = GraphProto::new("body")
        .input("i", Element::I64, &[])
        .input("c", DataType::BOOL, &[])
        .input("v", Element::F32, &[1, 1, 2, -1])
        .input("scales", Element::F32, &[4])
        .node(resize)
        .node(NodeProto::new("Identity", &["c"], &["co"]))
        .node(NodeProto::new("Identity", &["scales"], &["so"]))
        .output("co", DataType::BOOL, &[])
        .output("vo", Element::F32, &[1, 1, 2, -1])
        .output("so", Element::F32, &[4]);
    let whole = Tensor::f32(&[4], &[1.0, 1.0, 1.0, 2.0]);
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[1, 1, 2, 2])
        .input("s", Element::F32, &[4])
        .initializer(TensorProto::new("n", &Tensor::i64(&[], &[1])))
        .initializer(TensorProto::bool("t", true))
        .initializer(TensorProto::new("scales", &whole))
        .node(NodeProto::new("Loop", &["n", "t", "x", "s"], &["y", "z"]).graph("body", body))
        .output("y", Element::F32, &[1, 1, 2, -1])
        .output("z", Element::F32, &[4]);
    let (kind, said) = refusal(&backend, onnx(ModelProto::with_opset(graph, 13).into_bytes()));
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.contains("the operator `Resize`"), "{said}");
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

//! Tests of rules that depend on what is known of shapes and of numbers of turns.

use crate::onnx::{node, refusal_at, refusal_of, refused, taken, text};
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};

#[test]
fn softmax_over_several_axes() {
    let softmax = |opset, input: &str, axis| {
        refusal_at(opset, NodeProto::new("Softmax", &[input], &["s"]).int("axis", axis))
    };
    for opset in [11, 12] {
        assert_eq!(softmax(opset, "x", 3), None);
        assert_eq!(softmax(opset, "x", -1), None);
        assert!(softmax(opset, "x", 1).is_some() && softmax(opset, "x", 2).is_some());
    }
    assert!(softmax(9, "x", 1).is_none() && softmax(13, "x", 1).is_none());
    assert!(softmax(12, "unknown", 3).is_some() && softmax(11, "unknown", 0).is_some());
    assert!(softmax(11, "unknown", 1).is_some() && softmax(11, "unknown", -1).is_none());
}

#[test]
fn ranks_of_what_is_not_declared_are_found() {
    let with = |nodes: &[NodeProto], axis: i64| {
        let graph = GraphProto::new("g")
            .input("x", Element::F32, &[2, 3, 4])
            .initializer(TensorProto::new("w", &Tensor::f32(&[4, 5], &[0.0; 20])))
            .initializer(TensorProto::new("shape", &Tensor::i64(&[4], &[1, 2, 3, 4])))
            .initializer(TensorProto::new("axis", &Tensor::i64(&[1], &[0])));
        let graph = nodes.iter().cloned().fold(graph, GraphProto::node);
        let softmax = NodeProto::new("Softmax", &["v"], &["s"]).int("axis", axis);
        let graph = graph.node(softmax).node(node("Neg", &["s"])).output("y", Element::F32, &[]);
        refusal_of(ModelProto::with_opset(graph, 12)).is_none()
    };
    let to = |operator: &str, inputs: &[&str]| NodeProto::new(operator, inputs, &["v"]);
    let from = |operator: &str, inputs: &[&str], output: &str| NodeProto::new(operator, inputs, &[output]);
    for (nodes, rank) in [
        (vec![to("Relu", &["x"])], 3),
        (vec![to("MatMul", &["x", "w"])], 3),
        (vec![from("MatMul", &["x", "w"], "m"), to("Add", &["m", "axis"])], 3),
        (vec![to("Reshape", &["x", "shape"])], 4),
        (vec![to("Flatten", &["x"])], 2),
        (vec![to("Squeeze", &["x"]).ints("axes", &[0])], 2),
        (vec![to("Unsqueeze", &["x"]).ints("axes", &[0, 1])], 5),
        (vec![to("Transpose", &["unknown"]).ints("perm", &[0, 2, 1])], 3),
        (vec![to("Gather", &["x", "axis"])], 3),
        (vec![to("ReduceMean", &["x"]).ints("axes", &[1]).int("keepdims", 0)], 2),
        (vec![to("ReduceMean", &["x"]).ints("axes", &[1])], 3),
        (vec![to("Split", &["x"])], 3),
        (
            vec![
                from("Shape", &["x"], "sizes"),
                from("Concat", &["sizes", "axis"], "more").int("axis", 0),
                to("Reshape", &["unknown", "more"]),
            ],
            4,
        ),
        (vec![to("MatMul", &["unknown", "w"])], 0),
        (vec![to("Reshape", &["x", "unknown"])], 0),
        (vec![to("Own", &["x"])], 0),
    ] {
        for axis in 0..6 {
            assert_eq!(with(&nodes, axis), axis + 1 == rank, "{nodes:?} {axis}");
        }
        assert!(with(&nodes, -1) && !with(&nodes, -2), "{nodes:?}");
    }
}

#[test]
fn an_output_says_what_goes_into_it() {
    // As PaddleOCR's classifier has it.
    let with = |sizes: &[i64]| {
        let graph = GraphProto::new("g")
            .input("x", Element::F32, &[2, 3, 4])
            .node(NodeProto::new("Softmax", &["unknown"], &["s"]).int("axis", 1))
            .node(node("Identity", &["s"]))
            .output("y", Element::F32, sizes);
        refusal_of(ModelProto::with_opset(graph, 11)).is_none()
    };
    assert!(with(&[-1, 2]) && !with(&[-1, 2, 3]) && !with(&[2]));
}

#[test]
fn what_is_right_for_declared_sizes_only() {
    let with = |element: Element, sizes: &[i64], node: NodeProto| {
        let graph = GraphProto::new("g").input("x", element, sizes).input("o", element, &[-1]).node(node);
        refusal_of(ModelProto::new(graph.output("y", element, &[])))
    };
    let wrong = |element: Element, open: &[i64], fixed: &[i64], node: NodeProto, why: &str| {
        let reason = with(element, open, node.clone()).expect("it was let through");
        assert!(reason.contains(why), "{reason}");
        assert_eq!(with(element, fixed, node), None);
    };
    for operator in ["RNN", "GRU", "LSTM"] {
        let lengths = node(operator, &["x", "w", "r", "", "l"]);
        wrong(Element::F32, &[-1, 2, 4], &[3, 2, -1], lengths.clone(), "`sequence_lens`");
        wrong(Element::F32, &[3, -1, 4], &[3, 2, 4], lengths, "`sequence_lens`");
        assert_eq!(with(Element::F32, &[-1, -1, 4], node(operator, &["x", "w", "r", "", "", "h"])), None);
    }
    let transposed = || node("ConvTranspose", &["x", "w"]);
    for mode in ["SAME_UPPER", "SAME_LOWER"] {
        wrong(
            Element::F32,
            &[-1, 2, 3, 4],
            &[1, 2, 3, 4],
            text(transposed(), "auto_pad", mode),
            "`auto_pad`",
        );
    }
    let shaped = || transposed().ints("output_shape", &[6, 8]);
    wrong(Element::F32, &[1, 2, -1, 4], &[1, 2, 3, 4], shaped(), "`output_shape`");
    assert!(with(Element::F32, &[1, 2, 3, 4], text(shaped(), "auto_pad", "SAME_UPPER")).is_some());
    assert_eq!(with(Element::F32, &[-1, 2, -1, -1], text(transposed(), "auto_pad", "VALID")), None);
    wrong(Element::U8, &[-1], &[4], node("Div", &["x", "x"]), "8 bits");
    assert!(with(Element::U8, &[4], node("Div", &["x", "o"])).is_some());
    assert_eq!(with(Element::I64, &[-1], node("Div", &["x", "x"])), None);
}

#[test]
fn samples_of_regions_are_counted() {
    refused(node("RoiAlign", &["x", "r", "i"]), "`sampling_ratio`");
    refused(node("RoiAlign", &["x", "r", "i"]).int("sampling_ratio", 0), "`sampling_ratio`");
    taken(node("RoiAlign", &["x", "r", "i"]).int("sampling_ratio", 2));
}

#[test]
fn constants_of_a_shape_fit_32_bits() {
    let with = |value: i64| {
        node("ConstantOfShape", &["axes"]).tensor("value", TensorProto::new("", &Tensor::i64(&[1], &[value])))
    };
    let refusal = |value| refusal_at(21, with(value));
    assert_eq!(refusal(7), None);
    assert!(refusal(1 << 40).unwrap().contains("1099511627776"));
}

//! Tests of operations that are not as the ONNX specification has them, each beside one that is.

use super::support::{floats, load, refused, run_once};
use nn_models::onnx::{GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use wasi_nn::ErrorKind;

const PICTURE: [i64; 4] = [1, 2, 6, 6];

/// A model of one operation on `x` and on constants, whose output may have any shape.
fn model(
    shape: &[i64],
    constants: &[Tensor],
    node: impl FnOnce(NodeProto) -> NodeProto,
    op: &str,
) -> Vec<u8> {
    let names: Vec<String> = (0..constants.len()).map(|index| format!("c{index}")).collect();
    let inputs: Vec<&str> = ["x"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut graph = GraphProto::new("g").input("x", Element::F32, shape);
    for (name, constant) in names.iter().zip(constants) {
        graph = graph.initializer(TensorProto::new(name, constant));
    }
    let graph = graph.node(node(NodeProto::new(op, &inputs, &["y"])));
    ModelProto::new(graph.raw(untyped_output("y"))).into_bytes()
}

/// An output of which the model says the name and the type: `ValueInfoProto` in field 12 of a graph.
fn untyped_output(name: &str) -> Message {
    let kind = Message::new().message(1, Message::new().varint(1, 1));
    Message::new().message(12, Message::new().bytes(1, name).message(2, kind))
}

#[track_caller]
fn only_the_first_loads(sane: Vec<u8>, insane: Vec<u8>, complaint: &str) {
    if let Err(error) = load(sane) {
        panic!("a sane model is refused: {error}");
    }
    let (kind, message) = refused(load(insane));
    assert!(message.contains(complaint), "{message}");
    assert!(matches!(kind, ErrorKind::Runtime | ErrorKind::TooLarge), "{kind:?}: {message}");
}

#[test]
fn axes_exist() {
    let softmax = |axis| model(&PICTURE, &[], |node| node.int("axis", axis), "Softmax");
    only_the_first_loads(softmax(-4), softmax(-5), "`Softmax` has no axis -5");
    only_the_first_loads(softmax(3), softmax(i64::MAX), "`Softmax` has no axis 9223372036854775807");
    let flatten = |axis| model(&PICTURE, &[], |node| node.int("axis", axis), "Flatten");
    only_the_first_loads(flatten(4), flatten(5), "`Flatten` has no axis 5");
}

#[test]
fn permutations_have_each_axis_once() {
    let transpose = |perm: &[i64]| model(&PICTURE, &[], |node| node.ints("perm", perm), "Transpose");
    for insane in [&[0, 1, 2, 2][..], &[0, 1, 2], &[0, 1, 2, 3, 4], &[1, 2, 3, 4]] {
        only_the_first_loads(transpose(&[3, 1, 0, 2]), transpose(insane), "is no permutation of 4 axes");
    }
}

#[test]
fn single_numbers_are_no_tensors_with_axes() {
    let square = |shape: &[i64]| model(shape, &[Tensor::f32(&[2], &[1.0, 2.0])], |node| node, "MatMul");
    only_the_first_loads(square(&[3, 2]), square(&[]), "`MatMul` takes a tensor of 1 dimensions or more");
    let pool = |shape: &[i64]| model(shape, &[], |node| node, "GlobalAveragePool");
    only_the_first_loads(pool(&PICTURE), pool(&[1, 2]), "`GlobalAveragePool` takes a tensor of 3 dimensions");
}

#[test]
fn windows_fit_what_they_slide_over() {
    let window = |name: &'static str, numbers: &'static [i64]| {
        model(
            &PICTURE,
            &[],
            move |node| {
                let node = if name == "kernel_shape" { node } else { node.ints("kernel_shape", &[2, 2]) };
                node.ints(name, numbers)
            },
            "MaxPool",
        )
    };
    let insane: [(&str, &[i64]); 6] = [
        ("kernel_shape", &[2]),
        ("kernel_shape", &[2, 0]),
        ("strides", &[1, 0]),
        ("strides", &[1, 1, 1]),
        ("dilations", &[0, 1]),
        ("pads", &[1, 1, 1]),
    ];
    for (name, numbers) in insane {
        only_the_first_loads(
            window("strides", &[2, 1]),
            window(name, numbers),
            "the window of `MaxPool` does not fit its data",
        );
    }
    let none = model(&PICTURE, &[], |node| node, "MaxPool");
    only_the_first_loads(window("strides", &[1, 1]), none, "expected attribute 'kernel_shape'");
    only_the_first_loads(
        window("strides", &[1, 1]),
        window("kernel_shape", &[1 << 12, 1 << 12]),
        "the window of `MaxPool` has more than 4194304 elements",
    );
}

#[test]
fn weights_have_the_axes_of_their_data() {
    let weights = |dims: &[u32]| {
        let numbers = vec![1.0; usize::try_from(dims.iter().product::<u32>()).unwrap()];
        model(&PICTURE, &[Tensor::f32(dims, &numbers)], |node| node, "Conv")
    };
    only_the_first_loads(
        weights(&[1, 2, 3, 3]),
        weights(&[1, 2, 3]),
        "the weights of `Conv` have other axes",
    );
    only_the_first_loads(weights(&[1, 2, 3, 3]), weights(&[1, 2, 0, 3]), "the window of `Conv` is empty");
}

#[test]
fn shapes_are_no_negative_numbers() {
    let reshape = |dims: &[i64]| {
        let count = u32::try_from(dims.len()).unwrap();
        model(&[2, 6], &[Tensor::i64(&[count], dims)], |node| node, "Reshape")
    };
    only_the_first_loads(reshape(&[3, -1]), reshape(&[3, -2]), "the model has a dimension of -2");
    only_the_first_loads(reshape(&[12]), reshape(&[1 << 32]), "the model has a dimension beyond 2^31");
}

/// Only what says a shape is a shape: what is reshaped may be any numbers.
#[test]
fn what_is_given_another_shape_may_be_negative() {
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2])
        .initializer(TensorProto::new("numbers", &Tensor::i64(&[2], &[-5, -(1 << 40)])))
        .initializer(TensorProto::new("shape", &Tensor::i64(&[2], &[2, 1])))
        .node(NodeProto::new("Reshape", &["numbers", "shape"], &["column"]))
        .node(NodeProto::new("Cast", &["column"], &["floats"]).int("to", 1))
        .node(NodeProto::new("Add", &["x", "floats"], &["y"]))
        .output("y", Element::F32, &[2, 2]);
    let outputs = run_once(ModelProto::new(graph), &[Tensor::f32(&[2], &[1.0, 2.0])]).unwrap();
    let far = -((1_u64 << 40) as f32);
    assert_eq!(floats(&outputs[0]), [-4.0, -3.0, far, far]);
}

/// A tree of three nodes, of which the first one asks and the others vote; with some list replaced.
fn tree(replaced: &str, numbers: &[i64]) -> Vec<u8> {
    let lists: [(&str, &[i64]); 9] = [
        ("nodes_treeids", &[0, 0, 0]),
        ("nodes_nodeids", &[0, 1, 2]),
        ("nodes_featureids", &[0, 0, 0]),
        ("nodes_truenodeids", &[1, 0, 0]),
        ("nodes_falsenodeids", &[2, 0, 0]),
        ("class_treeids", &[0, 0]),
        ("class_nodeids", &[1, 2]),
        ("class_ids", &[0, 1]),
        ("classlabels_int64s", &[0, 1]),
    ];
    let floats = |values: &[f32]| values.iter().fold(Message::new(), |all, value| all.float(7, *value));
    let modes = ["BRANCH_LEQ", "LEAF", "LEAF"].iter().fold(Message::new(), |all, mode| all.bytes(9, mode));
    let mut node = NodeProto::new("TreeEnsembleClassifier", &["x"], &["label", "y"])
        .domain("ai.onnx.ml")
        .attribute("nodes_modes", 8, modes)
        .attribute("nodes_values", 6, floats(&[0.5, 0.0, 0.0]))
        .attribute("class_weights", 6, floats(&[1.0, 1.0]));
    for (name, usual) in lists {
        node = node.ints(name, if name == replaced { numbers } else { usual });
    }
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[1, 1])
        .node(node)
        .output("label", Element::I64, &[1])
        .output("y", Element::F32, &[1, 2]);
    ModelProto::new(graph).opset("ai.onnx.ml", 1).into_bytes()
}

#[test]
fn trees_are_trees() {
    let insane: [(&str, &[i64], &str); 9] = [
        ("nodes_truenodeids", &[0, 0, 0], "does not lead down"),
        ("nodes_falsenodeids", &[3, 0, 0], "does not lead down"),
        ("nodes_falsenodeids", &[-1, 0, 0], "does not lead down"),
        ("nodes_nodeids", &[0, 1, 1], "not numbered from zero"),
        ("nodes_nodeids", &[0, 1, 3], "not numbered from zero"),
        ("nodes_featureids", &[0, 0], "differ in length"),
        ("nodes_featureids", &[-1, 0, 0], "a feature that cannot be"),
        ("class_ids", &[0, 2], "votes for no class"),
        ("class_ids", &[0, -1], "votes for no class"),
    ];
    for (name, numbers, complaint) in insane {
        only_the_first_loads(tree("", &[]), tree(name, numbers), complaint);
    }
}

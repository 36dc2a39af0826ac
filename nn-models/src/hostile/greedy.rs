//! Models that are a few bytes long and ask for more memory than there is.

use crate::ir::{Files, Network};
use crate::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use crate::{Element, Tensor};

/// Elements of type `f32` that take 4 TiB.
pub const HUGE: i64 = 1 << 40;

/// `y = x + max(zeros)`, of `f32` scalars, where the zeros are [`HUGE`] many: a constant that a runtime might make
/// already when it loads the model.
#[must_use]
pub fn huge_constant() -> Vec<u8> {
    let graph = GraphProto::new("huge_constant")
        .input("x", Element::F32, &[])
        .initializer(TensorProto::new("count", &Tensor::i64(&[1], &[HUGE])));
    maximum_of_zeros(graph)
}

/// The same, but the number of zeros is another input, `count`, `i64` of shape 1: nothing to be seen before it runs.
#[must_use]
pub fn size_from_input() -> Vec<u8> {
    let graph =
        GraphProto::new("size_from_input").input("x", Element::F32, &[]).input("count", Element::I64, &[1]);
    maximum_of_zeros(graph)
}

fn maximum_of_zeros(start: GraphProto) -> Vec<u8> {
    let graph = start
        .node(NodeProto::new("ConstantOfShape", &["count"], &["zeros"]))
        .node(NodeProto::new("ReduceMax", &["zeros"], &["zero"]).int("keepdims", 0))
        .node(NodeProto::new("Add", &["x", "zero"], &["y"]))
        .output("y", Element::F32, &[]);
    ModelProto::new(graph).into_bytes()
}

/// [`huge_constant`] in OpenVINO's representation.
#[must_use]
pub fn huge_constant_ir() -> Files {
    let mut network = Network::new("huge_constant");
    let x = network.parameter("x", Element::F32, &[]);
    let count = network.constant("count", &Tensor::i64(&[1], &[HUGE]));
    let zero = network.constant("zero", &Tensor::f32(&[], &[0.0]));
    let axes = network.constant("axes", &Tensor::i64(&[1], &[0]));
    let zeros =
        network.layer("Broadcast", "zeros", &[&zero, &count], &[("mode", "numpy")], &zero.of_shape(&[HUGE]));
    let maximum = network.layer("ReduceMax", "maximum", &[&zeros, &axes], &[("keep_dims", "false")], &x);
    let y = network.layer("Add", "y", &[&x, &maximum], &[("auto_broadcast", "numpy")], &x);
    network.result(&y);
    network.finish()
}

/// A model whose input, and so its output, takes 4 TiB: `y = max(x, 0)`, `f32`, of [`HUGE`] elements.
#[must_use]
pub fn huge_input() -> Vec<u8> {
    let graph = GraphProto::new("huge_input")
        .input("x", Element::F32, &[HUGE])
        .node(NodeProto::new("Relu", &["x"], &["y"]))
        .output("y", Element::F32, &[HUGE]);
    ModelProto::new(graph).into_bytes()
}

/// A model that says its constant `w` has [`HUGE`] elements of type `f32`, and carries four bytes.
#[must_use]
pub fn claimed_constant() -> Vec<u8> {
    let four = TensorProto::without_data("w", Element::F32, &[HUGE]);
    let graph = GraphProto::new("claimed_constant")
        .initializer(four.raw(crate::onnx::Message::new().bytes(9, [0; 4])))
        .node(NodeProto::new("Identity", &["w"], &["y"]))
        .output("y", Element::F32, &[HUGE]);
    ModelProto::new(graph).into_bytes()
}

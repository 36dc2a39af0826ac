//! Models by name: small and sane ones, and some that keep a runtime busy for as long as a test needs.

use crate::onnx::{DataType, GraphProto, ModelProto, NodeProto, TensorProto};
use crate::{Element, Op, Sketch, Tensor};

/// `y = x + x`, of shape 2 x 3, in any type.
///
/// ONNX Runtime has no sum of bytes, so those are added as `i32`.
#[must_use]
pub fn double(element: Element) -> Sketch {
    let sketch = Sketch::new("double").input("x", element, &[2, 3]);
    let sketch = match element {
        Element::U8 => sketch
            .step(Op::Cast(Element::I32), &["x"], "wide")
            .step(Op::Add, &["wide", "wide"], "sum")
            .step(Op::Cast(Element::U8), &["sum"], "y"),
        _ => sketch.step(Op::Add, &["x", "x"], "y"),
    };
    sketch.output("y")
}

/// `difference = a - b` and `product = a * b`, of shape 4: which input and which output is which, shows. For any
/// type but bytes.
#[must_use]
pub fn difference_and_product(element: Element) -> Sketch {
    Sketch::new("difference_and_product")
        .input("a", element, &[4])
        .input("b", element, &[4])
        .step(Op::Subtract, &["a", "b"], "difference")
        .step(Op::Multiply, &["a", "b"], "product")
        .output("difference")
        .output("product")
}

/// `y = x + [10, 20, 30, 40]`, of shape N x 4, `f32`: a batch of any size, and a constant.
#[must_use]
pub fn dynamic_batch() -> Sketch {
    Sketch::new("dynamic_batch")
        .input("x", Element::F32, &[-1, 4])
        .constant("bias", Tensor::f32(&[4], &[10.0, 20.0, 30.0, 40.0]))
        .step(Op::Add, &["x", "bias"], "y")
        .output("y")
}

/// `y = x + x` of scalars, `f32`.
#[must_use]
pub fn scalar() -> Sketch {
    Sketch::new("scalar").input("x", Element::F32, &[]).step(Op::Add, &["x", "x"], "y").output("y")
}

/// `y = x + x`, of shape 0 x 3, `f32`: no elements at all.
#[must_use]
pub fn empty() -> Sketch {
    Sketch::new("empty").input("x", Element::F32, &[0, 3]).step(Op::Add, &["x", "x"], "y").output("y")
}

/// `y = max(x, 0)`, of shape 1 x 16, `f32`: next to no work, so that the way to it is what costs.
#[must_use]
pub fn small_relu() -> Sketch {
    relu(&[1, 16])
}

/// `y = max(x, 0)`, of shape 1 x 3 x 224 x 224, `f32`: 602,112 bytes each way, as of a picture.
#[must_use]
pub fn large_relu() -> Sketch {
    relu(&[1, 3, 224, 224])
}

fn relu(shape: &[i64]) -> Sketch {
    Sketch::new("relu").input("x", Element::F32, shape).step(Op::Relu, &["x"], "y").output("y")
}

/// `y` is the square matrix `x`, `f32`, to the power of `links + 1`, by as many products: `2 * size^3 * links`
/// floating-point operations out of a model of some 25 bytes a link.
///
/// A runtime that can be stopped can be stopped between two products.
#[must_use]
pub fn matmul_chain(size: u16, links: u32) -> Sketch {
    let shape = [i64::from(size), i64::from(size)];
    let mut sketch = Sketch::new("matmul_chain").input("x", Element::F32, &shape);
    let mut last = "x".to_owned();
    for link in 0..links {
        let next = format!("x{link}");
        sketch = sketch.step(Op::MatMul, &[&last, "x"], &next);
        last = next;
    }
    sketch.output(&last)
}

/// `y = x + 1 + 1 ...`, `f32` of shape 1: as many additions as asked for, one after the other, in a `Loop`. ONNX
/// only, and not for tract, which has no `Loop`.
#[must_use]
pub fn busy_loop(iterations: i64) -> Vec<u8> {
    let body = GraphProto::new("body")
        .input("iteration", Element::I64, &[])
        .input("go_on", DataType::BOOL, &[])
        .input("v", Element::F32, &[1])
        .initializer(TensorProto::new("one", &Tensor::f32(&[1], &[1.0])))
        .node(NodeProto::new("Identity", &["go_on"], &["still"]))
        .node(NodeProto::new("Add", &["v", "one"], &["w"]))
        .output("still", DataType::BOOL, &[])
        .output("w", Element::F32, &[1]);
    let graph = GraphProto::new("busy_loop")
        .input("x", Element::F32, &[1])
        .initializer(TensorProto::new("count", &Tensor::i64(&[], &[iterations])))
        .initializer(TensorProto::bool("yes", true))
        .node(NodeProto::new("Loop", &["count", "yes", "x"], &["y"]).graph("body", body))
        .output("y", Element::F32, &[1]);
    ModelProto::new(graph).into_bytes()
}

/// `y = x + x` if the scalar `x`, `f32`, is not zero, behind as many `If`s as asked for, one in the other; else
/// `y = x`. ONNX only.
///
/// A level nests four messages, of which protobuf's C++ decoder takes 100 in all.
#[must_use]
pub fn nested_ifs(depth: u32) -> Vec<u8> {
    let mut node = NodeProto::new("Add", &["x", "x"], &["y0"]);
    for level in 1..=depth {
        let inner = format!("y{}", level - 1);
        let then_branch = GraphProto::new("then").node(node).output(&inner, Element::F32, &[]);
        let else_branch = GraphProto::new("else").node(NodeProto::new("Identity", &["x"], &["same"])).output(
            "same",
            Element::F32,
            &[],
        );
        node = NodeProto::new("If", &["condition"], &[&format!("y{level}")])
            .graph("then_branch", then_branch)
            .graph("else_branch", else_branch);
    }
    let DataType(boolean) = DataType::BOOL;
    let graph = GraphProto::new("nested_ifs")
        .input("x", Element::F32, &[])
        .node(NodeProto::new("Cast", &["x"], &["condition"]).int("to", boolean.cast_signed()))
        .node(node)
        .output(&format!("y{depth}"), Element::F32, &[]);
    ModelProto::new(graph).into_bytes()
}

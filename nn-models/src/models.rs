//! Models by name: small and sane ones, and some that keep a runtime busy for as long as a test needs.

mod control;
mod no_numbers;

use crate::{Element, Op, Sketch, Tensor};
pub use control::{busy_loop, counting_loop, nested_ifs, nested_ifs_ir};
pub use no_numbers::double_beside_maps;

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

//! Sane models with outputs worked out by hand; tests compare these with ONNX Runtime's and OpenVINO's.

use crate::{Element, Sketch, Tensor, models};

/// A model, and what comes out of it for given inputs.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name, which no other case has.
    pub name: String,
    /// The model.
    pub model: Sketch,
    /// What goes in and what comes out, once or more often.
    pub runs: Vec<Run>,
}

/// What goes in, in the order of the model's inputs, and what comes out.
#[derive(Clone, Debug)]
pub struct Run {
    /// One tensor an input.
    pub inputs: Vec<Tensor>,
    /// One tensor an output, with the exact bytes.
    pub outputs: Vec<Tensor>,
}

/// All cases on which every runtime has to agree to the bit: their numbers are small, and exact in binary.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Element::ALL.into_iter().map(double).collect();
    cases.extend(difference_and_product());
    cases.extend([dynamic_batch(), scalar(), empty(), small_relu(), large_relu(), matmul_chain()]);
    cases
}

fn case(name: &str, model: Sketch, runs: impl IntoIterator<Item = (Vec<Tensor>, Vec<Tensor>)>) -> Case {
    let runs = runs.into_iter().map(|(inputs, outputs)| Run { inputs, outputs }).collect();
    Case { name: name.to_owned(), model, runs }
}

fn double(element: Element) -> Case {
    let input = Tensor::small(element, &[2, 3], &[0, 1, 2, 3, 100, 127]);
    let output = Tensor::small(element, &[2, 3], &[0, 2, 4, 6, 200, 254]);
    case(&format!("double_{element}"), models::double(element), [(vec![input], vec![output])])
}

/// Integers that need more than 32 bits. OpenVINO's CPU device computes `i64` as `i32`, and so gets them wrong.
#[must_use]
pub fn wide_integers() -> Case {
    let integers = |values: [i64; 4]| Tensor::i64(&[4], &values);
    let run = (
        vec![integers([1 << 40, -(1 << 33), i64::MAX, 1 << 31]), integers([2, -1, 1, 1])],
        vec![
            integers([(1 << 40) - 2, 1 - (1 << 33), i64::MAX - 1, (1 << 31) - 1]),
            integers([1 << 41, 1 << 33, i64::MAX, 1 << 31]),
        ],
    );
    case("wide_integers", models::difference_and_product(Element::I64), [run])
}

fn difference_and_product() -> [Case; 2] {
    let integers = |values: [i64; 4]| Tensor::i64(&[4], &values);
    let floats = |values: [f32; 4]| Tensor::f32(&[4], &values);
    let ints = (
        vec![integers([7, -2, 0, 30_000]), integers([5, 3, -9, 2])],
        vec![integers([2, -5, 9, 29_998]), integers([35, -6, 0, 60_000])],
    );
    let reals = (
        vec![floats([7.0, -2.0, 0.5, 1e6]), floats([5.0, 3.0, -8.0, 2.0])],
        vec![floats([2.0, -5.0, 8.5, 999_998.0]), floats([35.0, -6.0, -4.0, 2e6])],
    );
    [
        case("difference_and_product_i64", models::difference_and_product(Element::I64), [ints]),
        case("difference_and_product_f32", models::difference_and_product(Element::F32), [reals]),
    ]
}

fn dynamic_batch() -> Case {
    let one = (
        vec![Tensor::f32(&[1, 4], &[1.0, 2.0, 3.0, 4.0])],
        vec![Tensor::f32(&[1, 4], &[11.0, 22.0, 33.0, 44.0])],
    );
    let two = (
        vec![Tensor::f32(&[2, 4], &[0.0, 0.0, 0.0, 0.0, -10.0, -20.0, -30.0, -40.0])],
        vec![Tensor::f32(&[2, 4], &[10.0, 20.0, 30.0, 40.0, 0.0, 0.0, 0.0, 0.0])],
    );
    let none = (vec![Tensor::f32(&[0, 4], &[])], vec![Tensor::f32(&[0, 4], &[])]);
    case("dynamic_batch", models::dynamic_batch(), [one, two, none])
}

fn scalar() -> Case {
    let run = (vec![Tensor::f32(&[], &[-1.5])], vec![Tensor::f32(&[], &[-3.0])]);
    case("scalar", models::scalar(), [run])
}

fn empty() -> Case {
    let nothing = vec![Tensor::f32(&[0, 3], &[])];
    case("empty", models::empty(), [(nothing.clone(), nothing)])
}

fn small_relu() -> Case {
    let run = relu(&[1, 16], &[-2.0, -1.0, 3.0, 4.0], &[0.0, 0.0, 3.0, 4.0], 4);
    case("small_relu", models::small_relu(), [run])
}

fn large_relu() -> Case {
    let run = relu(&[1, 3, 224, 224], &[-1.0, 5.0, 0.0], &[0.0, 5.0, 0.0], 224 * 224);
    case("large_relu", models::large_relu(), [run])
}

/// A pattern that is repeated until the tensors are full.
fn relu(dims: &[u32], before: &[f32], after: &[f32], times: usize) -> (Vec<Tensor>, Vec<Tensor>) {
    (vec![Tensor::f32(dims, &before.repeat(times))], vec![Tensor::f32(dims, &after.repeat(times))])
}

/// The powers of this matrix are Fibonacci's numbers.
fn matmul_chain() -> Case {
    let run = (
        vec![Tensor::f32(&[2, 2], &[1.0, 1.0, 1.0, 0.0])],
        vec![Tensor::f32(&[2, 2], &[89.0, 55.0, 55.0, 34.0])],
    );
    case("matmul_chain", models::matmul_chain(2, 9), [run])
}

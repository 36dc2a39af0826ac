//! Operations with windows and selections that others compose.

use super::steps::{self, Steps};
use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;

/// `LpPool`: the root of a sum of powers, which is an average by the number of elements. Where a window may end outside of
/// the padding, they are fewer, and nothing is made.
pub(super) fn lp_pool(steps: &mut Steps, node: &NodeProto) -> bool {
    let attribute = |name: &str| attribute(node, name);
    let (Some(x), Some(kernel)) = (node.input.first(), attribute("kernel_shape")) else { return false };
    if attribute("ceil_mode").is_some_and(|mode| mode.i != 0) {
        return false;
    }
    let p = attribute("p").map_or(2, |p| p.i);
    let count = kernel.ints.iter().fold(1, |count: i64, size| count.saturating_mul(*size));
    let power = |steps: &mut Steps, value: &str, exponent: f32| {
        let exponent = steps.number(exponent, value);
        steps.op("Pow", &[value, &exponent])
    };
    let mut attributes: Vec<_> = node
        .attribute
        .iter()
        .filter(|attribute| !matches!(attribute.name.as_str(), "p" | "ceil_mode"))
        .cloned()
        .collect();
    attributes.push(steps::int("count_include_pad", 1));
    let (p, count) = (exact(p), exact(count));
    let positive = steps.op("Abs", &[x]);
    let powers = power(steps, &positive, p);
    let average = steps.op_with("AveragePool", &[&powers], attributes);
    let count = steps.number(count, &average);
    let sum = steps.op("Mul", &[&average, &count]);
    let root = power(steps, &sum, p.recip());
    steps.name(&root, node.output.first());
    true
}

#[expect(clippy::as_conversions, reason = "windows have few elements, and exponents are small")]
fn exact(number: i64) -> f32 {
    number as f32
}

/// `Compress`: the elements of an axis, or of all, at the places where the condition holds.
pub(super) fn compress(steps: &mut Steps, node: &NodeProto) -> bool {
    let [x, condition, ..] = &node.input[..] else { return false };
    let places = steps.op("NonZero", &[condition]);
    let all = steps.ints(&[-1]);
    let places = steps.op("Reshape", &[&places, &all]);
    let picked = match attribute(node, "axis") {
        Some(axis) => steps.op_with("Gather", &[x, &places], vec![axis.clone()]),
        None => {
            let flat = steps.op("Reshape", &[x, &all]);
            steps.op("Gather", &[&flat, &places])
        }
    };
    steps.name(&picked, node.output.first());
    true
}

/// An operation with some inputs as single numbers, which some write as lists of one.
pub(super) fn scalars(steps: &mut Steps, node: &NodeProto, places: &[usize]) -> bool {
    let mut inputs = node.input.clone();
    for place in places {
        if let Some(input) = inputs.get_mut(*place).filter(|name| !name.is_empty()) {
            let shape = steps.ints(&[]);
            *input = steps.op("Reshape", &[input, &shape]);
        }
    }
    let [inputs, outputs] =
        [&inputs, &node.output].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
    steps.node(&node.op_type, &inputs, &outputs, node.attribute.clone());
    inputs.len() > 1
}

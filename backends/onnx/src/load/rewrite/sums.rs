//! Products and sums that the engine has for `f32` only, or whose exponentials overflow.

use super::steps::{self, Steps};
use crate::attribute::attribute;
use tract_onnx::pb::{AttributeProto, NodeProto};

/// Since these versions, sums and all other reductions take their axes as an input.
const SUMS: i64 = 13;
const REDUCTIONS: i64 = 18;

/// `alpha * a * b + beta * c`, of which the engine has both factors in `f32` whatever the matrices are.
pub(super) fn gemm(steps: &mut Steps, node: &NodeProto) -> bool {
    let attribute = |name: &str| attribute(node, name);
    let [a, b, rest @ ..] = &node.input[..] else { return false };
    let transposed = |steps: &mut Steps, matrix: &String, name: &str| match attribute(name) {
        Some(attribute) if attribute.i != 0 => {
            steps.op_with("Transpose", &[matrix], vec![steps::ints("perm", &[1, 0])])
        }
        _ => matrix.clone(),
    };
    let scaled = |steps: &mut Steps, value: String, name: &str| match attribute(name).map_or(1.0, |own| own.f)
    {
        1.0 => value,
        factor => {
            let factor = steps.number(factor, &value);
            steps.op("Mul", &[&value, &factor])
        }
    };
    let (left, right) = (transposed(steps, a, "transA"), transposed(steps, b, "transB"));
    let product = steps.op("MatMul", &[&left, &right]);
    let mut sum = scaled(steps, product, "alpha");
    if let Some(c) = rest.first().filter(|name| !name.is_empty()) {
        let c = scaled(steps, c.clone(), "beta");
        sum = steps.op("Add", &[&sum, &c]);
    }
    steps.name(&sum, node.output.first());
    true
}

/// The logarithm of a softmax. The engine takes that of the result, which is zero where a score is far from the largest.
///
/// Before version 13, all axes that follow count as one.
pub(super) fn log_softmax(steps: &mut Steps, node: &NodeProto) -> bool {
    let Some(x) = node.input.first() else { return false };
    let axis = attribute(node, "axis").map(|axis| axis.i);
    let y = if steps.opset < SUMS {
        let flat = steps.op_with("Flatten", &[x], vec![steps::int("axis", axis.unwrap_or(1))]);
        let (flat, shape) = (log_softmax_along(steps, &flat, 1), steps.op("Shape", &[x]));
        steps.op("Reshape", &[&flat, &shape])
    } else {
        log_softmax_along(steps, x, axis.unwrap_or(-1))
    };
    steps.name(&y, node.output.first());
    true
}

/// `x - max(x) - ln(sum(exp(x - max(x))))` along one axis.
pub(super) fn log_softmax_along(steps: &mut Steps, x: &str, axis: i64) -> String {
    let keep = || vec![steps::int("keepdims", 1)];
    let largest = steps.axes("ReduceMax", x, axis, keep(), REDUCTIONS);
    let rest = steps.op("Sub", &[x, &largest]);
    let sum = steps.op("Exp", &[&rest]);
    let sum = steps.axes("ReduceSum", &sum, axis, keep(), SUMS);
    let sum = steps.op("Log", &[&sum]);
    steps.op("Sub", &[&rest, &sum])
}

/// `ln(sum(exp(x)))`, with the largest of the elements taken out of the exponential.
pub(super) fn log_sum_exp(steps: &mut Steps, node: &NodeProto) -> bool {
    let Some(x) = node.input.first().map(String::as_str) else { return false };
    let with = |keep: i64| {
        let own = node.attribute.iter().filter(|attribute| attribute.name != "keepdims").cloned();
        own.chain([steps::int("keepdims", keep)]).collect::<Vec<AttributeProto>>()
    };
    let keep = attribute(node, "keepdims").map_or(1, |keep| keep.i);
    let inputs = |value: &str| [value.to_owned()].into_iter().chain(node.input.iter().skip(1).cloned());
    let reduce = |steps: &mut Steps, operation: &str, value: &str, keep: i64| {
        let (mut inputs, mut attributes): (Vec<String>, _) = (inputs(value).collect(), with(keep));
        let place = attributes.iter().position(|attribute| attribute.name == "axes");
        if let Some(place) =
            place.filter(|_| operation == "ReduceSum" && (SUMS..REDUCTIONS).contains(&steps.opset))
        {
            let axes = attributes.swap_remove(place).ints;
            inputs.push(steps.ints(&axes));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        steps.op_with(operation, &inputs, attributes)
    };
    let largest = reduce(steps, "ReduceMax", x, 1);
    let rest = steps.op("Sub", &[x, &largest]);
    let rest = steps.op("Exp", &[&rest]);
    let rest = reduce(steps, "ReduceSum", &rest, keep);
    let rest = steps.op("Log", &[&rest]);
    let largest = if keep == 1 { largest } else { reduce(steps, "ReduceMax", x, keep) };
    let sum = steps.op("Add", &[&rest, &largest]);
    steps.name(&sum, node.output.first());
    true
}

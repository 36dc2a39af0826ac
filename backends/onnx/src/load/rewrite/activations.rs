//! Activations of which the engine forgets a factor, or whose exponential overflows.

use super::steps::Steps;
use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;

pub(super) fn rewrite(steps: &mut Steps, node: &NodeProto) {
    let Some(x) = node.input.first().map(String::as_str) else { return };
    let alpha = attribute(node, "alpha").map_or(1.0, |alpha| alpha.f);
    let y = match node.op_type.as_str() {
        "Celu" => celu(steps, x, alpha),
        "Swish" => swish(steps, x, alpha),
        _ => softplus(steps, x),
    };
    steps.name(&y, node.output.first());
}

/// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`
fn celu(steps: &mut Steps, x: &str, alpha: f32) -> String {
    let [zero, one, alpha] = [0.0, 1.0, alpha].map(|number| steps.number(number, x));
    let inner = steps.op("Div", &[x, &alpha]);
    let inner = steps.op("Exp", &[&inner]);
    let inner = steps.op("Sub", &[&inner, &one]);
    let inner = steps.op("Mul", &[&inner, &alpha]);
    let below = steps.op("Min", &[&zero, &inner]);
    let above = steps.op("Max", &[&zero, x]);
    steps.op("Add", &[&above, &below])
}

/// `x * sigmoid(alpha * x)`
fn swish(steps: &mut Steps, x: &str, alpha: f32) -> String {
    let alpha = steps.number(alpha, x);
    let inner = steps.op("Mul", &[x, &alpha]);
    let inner = steps.op("Sigmoid", &[&inner]);
    steps.op("Mul", &[x, &inner])
}

/// `max(0, x) + ln(1 + exp(-|x|))`, of which nothing overflows.
fn softplus(steps: &mut Steps, x: &str) -> String {
    let [zero, one] = [0.0, 1.0].map(|number| steps.number(number, x));
    let inner = steps.op("Abs", &[x]);
    let inner = steps.op("Neg", &[&inner]);
    let inner = steps.op("Exp", &[&inner]);
    let inner = steps.op("Add", &[&inner, &one]);
    let inner = steps.op("Log", &[&inner]);
    let above = steps.op("Max", &[&zero, x]);
    steps.op("Add", &[&above, &inner])
}

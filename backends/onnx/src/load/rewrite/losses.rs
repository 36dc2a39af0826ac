//! Losses of classifiers, of which the engine has none.

use super::steps::{self, Steps};
use super::sums::log_softmax_along;
use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;

pub(super) fn rewrite(steps: &mut Steps, node: &NodeProto) -> bool {
    let [scores, labels, rest @ ..] = &node.input[..] else { return false };
    let mut logs = scores.clone();
    if node.op_type == "SoftmaxCrossEntropyLoss" {
        logs = log_softmax_along(steps, scores, 1);
        steps.name(&logs, node.output.get(1));
    }
    let weights = rest.first().map(String::as_str).filter(|name| !name.is_empty());
    let attribute = |name: &str| attribute(node, name);
    let ignored = attribute("ignore_index").map(|attribute| attribute.i);
    let reduction = attribute("reduction").map_or(&b"mean"[..], |attribute| &attribute.s);
    let loss = negative_logs(steps, &logs, labels, (weights, ignored), reduction);
    steps.name(&loss, node.output.first());
    true
}

/// What the scores of the right classes, which are logarithms, lack.
fn negative_logs(
    steps: &mut Steps,
    logs: &str,
    labels: &str,
    (weights, ignored): (Option<&str>, Option<i64>),
    reduction: &[u8],
) -> String {
    let mut labels = labels.to_owned();
    let mut mask = None;
    if let Some(ignored) = ignored {
        let ignored = steps.integer(ignored);
        let ignored = steps.op("CastLike", &[&ignored, &labels]);
        let is_ignored = steps.op("Equal", &[&labels, &ignored]);
        let zero = steps.number(0.0, &labels);
        labels = steps.op("Where", &[&is_ignored, &zero, &labels]);
        mask = Some(is_ignored);
    }
    let places = steps.unsqueeze(&labels, 1);
    let found = steps.op_with("GatherElements", &[logs, &places], vec![steps::int("axis", 1)]);
    let found = steps.squeeze(&found, 1);
    let mut loss = steps.op("Neg", &[&found]);
    // The weight of each label: that of its class, or one, and none if it is ignored.
    let mut factor = weights.map(|weights| steps.op("Gather", &[weights, &labels]));
    if let Some(mask) = mask {
        let own = factor.unwrap_or_else(|| steps.number(1.0, logs));
        let zero = steps.number(0.0, logs);
        factor = Some(steps.op("Where", &[&mask, &zero, &own]));
    }
    if let Some(factor) = &factor {
        loss = steps.op("Mul", &[&loss, factor]);
    }
    let all = |steps: &mut Steps, operation: &str, value: &str| {
        steps.op_with(operation, &[value], vec![steps::int("keepdims", 0)])
    };
    match (reduction, factor) {
        (b"none", _) => loss,
        (b"sum", _) => all(steps, "ReduceSum", &loss),
        (_, None) => all(steps, "ReduceMean", &loss),
        (_, Some(factor)) => {
            let (sum, of) = (all(steps, "ReduceSum", &loss), all(steps, "ReduceSum", &factor));
            steps.op("Div", &[&sum, &of])
        }
    }
}

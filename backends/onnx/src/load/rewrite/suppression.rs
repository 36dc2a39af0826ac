//! `NonMaxSuppression` as the engine has it: with limits of one axis, and none that is zero.
//!
//! ONNX gives a limit as a single number, and takes no boxes if it is zero or left out. The engine wants a list of one
//! number, and takes all boxes then.

use super::steps::{NONE, Steps};
use tract_onnx::pb::NodeProto;

pub(super) fn rewrite(steps: &mut Steps, node: &NodeProto) -> bool {
    let [boxes, scores, rest @ ..] = &node.input[..] else { return false };
    let given = |index: usize| rest.get(index).map(String::as_str).filter(|name| !name.is_empty());
    let Some(limit) = given(0) else { return false };
    let one = steps.ints(&[1]);
    let list = |steps: &mut Steps, name: Option<&str>| {
        name.map_or_else(|| NONE.to_owned(), |name| steps.op("Reshape", &[name, &one]))
    };
    let (limit, overlap) = (list(steps, Some(limit)), list(steps, given(1)));
    let least = match given(2) {
        Some(name) => list(steps, Some(name)),
        None => {
            let least = steps.float(f32::MIN);
            list(steps, Some(&least))
        }
    };
    // No box is better than the least score then.
    let (zero, nothing) = (steps.float(0.0), steps.float(f32::NEG_INFINITY));
    // As a float: the engine takes integers for sizes, which overflow.
    let number = steps.op("CastLike", &[&limit, &zero]);
    let is_some = steps.op("Greater", &[&number, &zero]);
    let scores = steps.op("Where", &[&is_some, scores, &nothing]);
    let outputs: Vec<&str> = node.output.iter().map(String::as_str).collect();
    steps.node(&node.op_type, &[boxes, &scores, &limit, &overlap, &least], &outputs, node.attribute.clone());
    true
}

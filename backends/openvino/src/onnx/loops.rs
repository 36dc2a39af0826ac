//! The loops of an ONNX model: `Loop` must have a number of turns that guests cannot choose.

use super::scope::Scope;
use super::{is_onnx, name};
use crate::turns::{Made, are_turns, is_bounded, refused};
use wasi_nn::Error;
use wasi_nn::onnx_scan::view::Node;

/// Operators whose output has numbers of their first input.
const SELECT: &[&str] = &[
    "Cast",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "Identity",
    "ReduceMax",
    "ReduceMin",
    "Reshape",
    "Slice",
    "Squeeze",
    "Unsqueeze",
];

/// Operators whose output is neither negative nor much more than their inputs, if these are not.
const COMBINE: &[&str] = &["Add", "Concat", "Div", "Max", "Min", "Mod", "Sum"];

/// Refuses a loop whose number of turns is open. Without one, its condition decides, which the values do.
pub(super) fn check<'s>(node: &'s Node<'_>, scope: &'s Scope<'_, '_>) -> Result<(), Error> {
    let turns = node.input(0);
    if node.operator != "Loop" || turns.is_some_and(|turns| is_bounded(turns, |value| made(value, scope))) {
        return Ok(());
    }
    Err(refused(name(node)))
}

fn made<'s>(value: &'s str, scope: &'s Scope<'_, '_>) -> Made<&'s str> {
    if let Some(numbers) = scope.integers(value) {
        return if are_turns(&numbers) { Made::Bounded } else { Made::Open };
    }
    let Some(node) = scope.maker(value).filter(|node| is_onnx(node.domain)) else { return Made::Open };
    match node.operator {
        "Shape" | "Size" => Made::Bounded,
        operator if SELECT.contains(&operator) => Made::Of(node.inputs.iter().copied().take(1).collect()),
        operator if COMBINE.contains(&operator) => Made::Of(node.inputs.clone()),
        _ => Made::Open,
    }
}

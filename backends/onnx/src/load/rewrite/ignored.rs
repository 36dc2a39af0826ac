//! Attributes that the engine never looks at.

use super::refusal;
use crate::attribute::attribute;
use tract_onnx::pb::{AttributeProto, NodeProto};
use wasi_nn::Error;

/// What an attribute is if it changes nothing.
enum Usual {
    Ints(&'static [i64]),
    Text(&'static str),
    Absent,
}

use Usual::{Absent, Ints, Text};

const ZERO: Usual = Ints(&[0]);

/// Operators with an attribute that the engine ignores, and what it may be. Before version 7, arithmetic broadcast along
/// an axis that an attribute names.
const IGNORED: &[(&str, &str, Usual)] = &[
    ("Add", "broadcast", ZERO),
    ("And", "broadcast", ZERO),
    ("Attention", "left_window_size", Ints(&[-1])),
    ("Attention", "right_window_size", Ints(&[-1])),
    ("BatchNormalization", "training_mode", ZERO),
    // Of `f32`, which is what the engine makes.
    ("DequantizeLinear", "output_dtype", Ints(&[0, 1])),
    ("Div", "broadcast", ZERO),
    ("Equal", "broadcast", ZERO),
    ("Greater", "broadcast", ZERO),
    ("Less", "broadcast", ZERO),
    ("Mul", "broadcast", ZERO),
    ("Or", "broadcast", ZERO),
    ("Pow", "broadcast", ZERO),
    ("QuantizeLinear", "precision", ZERO),
    ("SpaceToDepth", "mode", Text("DCR")),
    ("Sub", "broadcast", ZERO),
    ("TreeEnsembleClassifier", "base_values_as_tensor", Absent),
    ("Xor", "broadcast", ZERO),
];

/// Refuses a node with an attribute that would be ignored and matters.
pub(super) fn check(node: &NodeProto) -> Result<(), Error> {
    let of_node = IGNORED.iter().filter(|(operation, ..)| *operation == node.op_type);
    let mut of_node = of_node.map(|(_, name, usual)| (*name, usual)).collect::<Vec<_>>();
    // Without a zero point, which has the type as well, the engine makes `u8`.
    if node.op_type == "QuantizeLinear" && node.input.get(2).is_none_or(String::is_empty) {
        of_node.push(("output_dtype", &Ints(&[0, 2])));
    }
    for (name, usual) in of_node {
        let given = attribute(node, name);
        if given.is_some_and(|given| !is_usual(given, usual)) {
            return Err(refusal(node, &format!("with the attribute `{name}`")));
        }
    }
    Ok(())
}

fn is_usual(given: &AttributeProto, usual: &Usual) -> bool {
    match usual {
        Ints(numbers) => numbers.contains(&given.i),
        Text(text) => given.s == text.as_bytes(),
        Absent => false,
    }
}

//! RNN, GRU and LSTM as the engine has them: forwards or in both directions, time first, and with states to begin with.

use super::steps::{self, NONE, Steps};
use crate::attribute::attribute;
use tract_onnx::pb::NodeProto;

/// Where an operation has its states to begin with, among the inputs.
const STATES: [usize; 2] = [5, 6];

/// The order of axes that has the batch of a sequence second, and of a state; and the one that undoes it.
const TIME_FIRST: [i64; 3] = [1, 0, 2];

/// The axes of all outputs of `Y`, from time, direction, batch, features to batch, time, direction, features.
const BATCH_FIRST: [i64; 4] = [2, 0, 1, 3];

pub(super) fn rewrite(steps: &mut Steps, node: &NodeProto) {
    let attribute = |name: &str| attribute(node, name);
    let is_reverse = attribute("direction").is_some_and(|attribute| attribute.s == b"reverse");
    let is_batch_first = attribute("layout").is_some_and(|attribute| attribute.i == 1);
    let input = |index: usize| node.input.get(index).map(String::as_str).filter(|name| !name.is_empty());
    let mut inputs: Vec<String> = node.input.clone();
    let count = if node.op_type == "LSTM" { 7 } else { 6 };
    inputs.resize(inputs.len().max(count), NONE.to_owned());
    let Some(x) = input(0) else { return };
    let transpose = |steps: &mut Steps, value: &str, order: &[i64]| {
        steps.op_with("Transpose", &[value], vec![steps::ints("perm", order)])
    };
    let mut first = x.to_owned();
    if is_batch_first {
        first = transpose(steps, &first, &TIME_FIRST);
    }
    if is_reverse {
        first = reversed(steps, &first);
    }
    for index in STATES.into_iter().take(count - 5) {
        let state = match input(index) {
            Some(state) if is_batch_first => transpose(steps, state, &TIME_FIRST),
            Some(state) => state.to_owned(),
            None => zeros(steps, &first, inputs.get(2).map_or(NONE, String::as_str)),
        };
        if let Some(place) = inputs.get_mut(index) {
            *place = state;
        }
    }
    if let Some(place) = inputs.first_mut() {
        *place = first;
    }
    let done = ["direction", "layout"];
    let kept = node.attribute.iter().filter(|attribute| {
        !done.contains(&attribute.name.as_str()) || (attribute.name == "direction" && !is_reverse)
    });
    let made: Vec<String> = node
        .output
        .iter()
        .map(|output| if output.is_empty() { String::new() } else { steps.fresh() })
        .collect();
    let [inputs, outputs] =
        [&inputs, &made].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
    steps.node(&node.op_type, &inputs, &outputs, kept.cloned().collect());
    for (index, (made, output)) in made.iter().zip(&node.output).enumerate() {
        if output.is_empty() {
            continue;
        }
        let mut value = made.clone();
        if index == 0 && is_reverse {
            value = reversed(steps, &value);
        }
        if is_batch_first {
            value = transpose(steps, &value, if index == 0 { &BATCH_FIRST } else { &TIME_FIRST });
        }
        steps.name(&value, Some(output));
    }
}

/// The same from the last step to the first.
fn reversed(steps: &mut Steps, value: &str) -> String {
    let [start, end, axis, step] = [-1, i64::from(i32::MIN), 0, -1].map(|number| steps.ints(&[number]));
    steps.op("Slice", &[value, &start, &end, &axis, &step])
}

/// A state of zeros: as many as there are directions, rows of a batch, and columns of the weights.
fn zeros(steps: &mut Steps, x: &str, weights: &str) -> String {
    let (of_x, of_weights) = (steps.op("Shape", &[x]), steps.op("Shape", &[weights]));
    let [directions, batch, hidden] = [0, 1, 2].map(|index| steps.ints(&[index]));
    let batch = steps.op("Gather", &[&of_x, &batch]);
    let [directions, hidden] = [directions, hidden].map(|index| steps.op("Gather", &[&of_weights, &index]));
    let shape = steps.op_with("Concat", &[&directions, &batch, &hidden], vec![steps::int("axis", 0)]);
    let zero = steps.number(0.0, x);
    steps.op("Expand", &[&zero, &shape])
}

//! The rules for the inputs of some operators, under which guests' models may have them.
//!
//! OpenVINO 2026.4 ends the process where an integer is divided by zero, and the least integer by -1; writes beyond its
//! memory for a negative `Pad`; gives memory that nobody wrote for a `Tile` of four dimensions whose repeats are no
//! constant; and makes as much of a `Range` as a number says.

use super::network::{Joined, Layer};

/// Why a guest's model cannot have an operator as it is there.
pub(super) type Refusal = &'static str;

/// Types of floats; whatever divides them is a number, or none.
const FLOATS: [&str; 4] = ["f32", "f16", "bf16", "f64"];

/// The most numbers of a `Range` of constants, how many elements a `Pad` may make of one, and the size of a state.
const MAX_RANGE: f64 = 16_777_216.0;
const MAX_PADDING: f64 = 1_048_576.0;
const MAX_HIDDEN: u64 = 1 << 16;

/// Whether an operator has a rule here.
pub(super) fn has_rule(kind: &str) -> bool {
    rule(kind).is_some()
}

type Rule = fn(&Joined<'_, '_>, usize, &Layer<'_>) -> Result<(), Refusal>;

fn rule(kind: &str) -> Option<Rule> {
    Some(match kind {
        "divide" | "floormod" | "mod" => |network, place, _| divide(network, place),
        "pad" => |network, place, _| pad(network, place),
        "range" => |network, place, _| range(network, place),
        "tile" => |network, place, _| tile(network, place),
        "grucell" | "grusequence" | "lstmcell" | "lstmsequence" | "rnncell" | "rnnsequence" => recurrent,
        _ => return None,
    })
}

/// Checks the layer at a place.
pub(super) fn check(network: &Joined<'_, '_>, place: usize, layer: &Layer<'_>) -> Result<(), Refusal> {
    rule(&layer.kind).map_or(Ok(()), |rule| rule(network, place, layer))
}

fn divide(network: &Joined<'_, '_>, place: usize) -> Result<(), Refusal> {
    let element = network.source(place, 0).and_then(|source| network.element(source));
    if element.is_some_and(|element| FLOATS.contains(&element)) {
        return Ok(());
    }
    let divisor = network.source(place, 1).and_then(|source| network.constant(source));
    match divisor {
        Some(divisor) if divisor.numbers.iter().all(|number| *number != 0.0 && *number != -1.0) => Ok(()),
        _ => Err("it may divide integers by zero, or the least of them by -1"),
    }
}

fn pad(network: &Joined<'_, '_>, place: usize) -> Result<(), Refusal> {
    let amounts = |input| network.source(place, input).and_then(|source| network.constant(source));
    let (Some(begin), Some(end)) = (amounts(1), amounts(2)) else {
        return Err("how much is added is no constant");
    };
    let both = begin.numbers.iter().zip(&end.numbers);
    if begin.numbers.len() != end.numbers.len() || both.clone().any(|(begin, end)| *begin < 0.0 || *end < 0.0)
    {
        return Err("what is added is negative");
    }
    let factor: f64 = both.map(|(begin, end)| 1.0 + begin + end).product();
    if factor <= MAX_PADDING { Ok(()) } else { Err("too much is added") }
}

fn range(network: &Joined<'_, '_>, place: usize) -> Result<(), Refusal> {
    let source = |input| network.source(place, input).ok_or("an input of it is missing");
    let (start, stop, step) = (source(0)?, source(1)?, source(2)?);
    let number = |source| {
        let numbers = network.constant(source)?.numbers;
        numbers.first().copied().filter(|_| numbers.len() == 1)
    };
    let step = number(step).filter(|step| step.is_finite() && *step != 0.0);
    let step = step.ok_or("its step is zero, or no constant")?;
    match (number(start), number(stop)) {
        (Some(start), Some(stop)) if ((stop - start) / step).abs() <= MAX_RANGE => Ok(()),
        (Some(_), Some(_)) => Err("it has too many numbers"),
        // As many as a tensor has elements along an axis.
        _ if [start, stop].into_iter().all(|end| network.is_size(end, MAX_RANGE)) && step.abs() >= 1.0 => {
            Ok(())
        }
        _ => Err("where it begins or ends is neither a constant nor the size of a tensor"),
    }
}

fn tile(network: &Joined<'_, '_>, place: usize) -> Result<(), Refusal> {
    let repeats = network.source(place, 1).and_then(|source| network.constant(source));
    repeats.map(drop).ok_or("its repeats are no constant")
}

/// The sizes of weights have to fit each other: OpenVINO computes the offsets of gates from `hidden_size`.
fn recurrent(network: &Joined<'_, '_>, place: usize, layer: &Layer<'_>) -> Result<(), Refusal> {
    let is_sequence = layer.kind.ends_with("sequence");
    let (gates, states) = match layer.kind.get(..3) {
        Some("lst") => (4_u64, 2_usize),
        Some("gru") => (3, 1),
        _ => (1, 1),
    };
    let first = states.saturating_add(1);
    let first = if is_sequence { first.saturating_add(1) } else { first };
    if layer.inputs.len() != first.saturating_add(3) {
        return Err("it has other inputs than in the operator sets since 3");
    }
    let hidden = layer.data.get("hidden_size").and_then(super::decimal);
    let hidden =
        hidden.filter(|size| (1..=MAX_HIDDEN).contains(size)).ok_or("its size is too large, or none")?;
    let directions = if layer.data.get("direction") == Some("bidirectional") { 2 } else { 1 };
    let rows = gates.saturating_mul(hidden);
    let is_linear = layer.data.get("linear_before_reset").is_some_and(|text| matches!(text, "true" | "1"));
    let biases = if gates == 3 && is_linear { rows.saturating_add(hidden) } else { rows };
    let wanted: [&[Option<u64>]; 3] = [&[Some(rows), None], &[Some(rows), Some(hidden)], &[Some(biases)]];
    for (input, wanted) in (first..).zip(wanted) {
        let source = network.source(place, input).filter(|source| network.is_fixed(*source));
        let source = source.ok_or("its weights are not made of constants")?;
        let Some(sizes) = network.sizes(source) else { continue };
        let sizes = match sizes.split_first() {
            Some((own, rest)) if is_sequence && *own == directions => rest,
            _ if is_sequence => return Err("its weights have another number of directions"),
            _ => sizes.as_slice(),
        };
        let fits = |(wanted, size): (&Option<u64>, &u64)| wanted.is_none_or(|wanted| wanted == *size);
        if sizes.len() != wanted.len() || !wanted.iter().zip(sizes).all(fits) {
            return Err("its weights do not fit its size");
        }
    }
    if !is_sequence {
        return Ok(());
    }
    let lengths = network.source(place, first.saturating_sub(1));
    match lengths {
        Some(lengths) if network.is_size(lengths, MAX_RANGE) => Ok(()),
        _ => Err("the lengths of its sequences are neither constants nor sizes of a tensor"),
    }
}

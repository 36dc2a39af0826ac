//! The loops of a network of the host's: `Loop` must have a number of turns that guests cannot choose. `TensorIterator` has
//! as many as its tensors have slices.

use super::decimal;
use super::network::{Layer, Network, Source};
use crate::turns::{Made, are_turns, is_bounded, refused};
use std::cell::RefCell;
use std::io::{Read, Seek, SeekFrom};
use wasi_nn::Error;

/// Types of layers, in lower case, whose output has numbers of their first input.
const SELECT: &[&str] = &[
    "convert",
    "gather",
    "identity",
    "reducemax",
    "reducemin",
    "reshape",
    "slice",
    "squeeze",
    "stridedslice",
    "unsqueeze",
];

/// Those whose output is neither negative nor much more than their inputs, if these are not.
const COMBINE: &[&str] = &["add", "concat", "divide", "floormod", "maximum", "minimum", "mod"];

/// Bytes of a constant that are looked at.
const MAX_BYTES: u64 = 4096;

/// Refuses a loop whose number of turns is open.
pub(super) fn check(network: &Network<'_>, weights: &mut (impl Read + Seek)) -> Result<(), Error> {
    let is_loop = |layer: &Layer<'_>| layer.kind == "loop";
    if !network.layers().iter().any(is_loop) {
        return Ok(());
    }
    // What cannot be followed is not what OpenVINO takes for a network.
    let sources = network.sources().unwrap_or_default();
    let weights = RefCell::new(weights);
    let made = |(place, _): Source| {
        let Some(layer) = network.layers().get(place) else { return Made::Open };
        let inputs =
            |count| Made::Of((0..count).filter_map(|at| sources.get(&(place, at)).copied()).collect());
        match layer.kind.as_str() {
            "shapeof" => Made::Bounded,
            "const" => match integers(layer, &mut *weights.borrow_mut()) {
                Some(numbers) if are_turns(&numbers) => Made::Bounded,
                _ => Made::Open,
            },
            kind if SELECT.contains(&kind) => inputs(1),
            kind if COMBINE.contains(&kind) => inputs(layer.inputs.len()),
            _ => Made::Open,
        }
    };
    for (place, layer) in network.layers().iter().enumerate().filter(|(_, layer)| is_loop(layer)) {
        if !sources.get(&(place, 0)).is_some_and(|turns| is_bounded(*turns, made)) {
            return Err(refused(layer.name));
        }
    }
    Ok(())
}

/// The numbers of a constant that has a few integers.
fn integers(layer: &Layer<'_>, weights: &mut (impl Read + Seek)) -> Option<Vec<i64>> {
    let number = |name| layer.data.get(name).and_then(decimal);
    let (start, size) = (number("offset")?, number("size").filter(|size| *size <= MAX_BYTES)?);
    let mut bytes = Vec::new();
    weights.seek(SeekFrom::Start(start)).ok()?;
    weights.take(size).read_to_end(&mut bytes).ok()?;
    match layer.data.get("element_type")? {
        "i32" => Some(bytes.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes).into()).collect()),
        "i64" => Some(bytes.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()),
        _ => None,
    }
}

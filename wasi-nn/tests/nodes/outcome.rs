//! The outcome of a case: its outputs, compared with what they should be.

use nn_models::nodes::Case;
use nn_models::{Element, Tensor};

/// What came of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Right,
    /// Something was computed, and it is not this.
    Wrong(String),
    /// Loading or computing failed, with an errno and a reason.
    Refused(String),
}

/// How far an output may be from what it should be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    /// Of a float, as a part of it.
    pub(crate) relative: f64,
    /// Of a float, beside that.
    pub(crate) absolute: f64,
    /// Of a byte.
    pub(crate) steps: u8,
}

/// Compares floats and bytes within a tolerance, and all else bit by bit.
pub(crate) fn compare(case: &Case, tolerance: Tolerance, outputs: &[Vec<u8>]) -> Outcome {
    let pairs = case.outputs.iter().zip(outputs).enumerate();
    let wrong = |(index, (expected, output)): (usize, (&Tensor, &Vec<u8>))| {
        difference(tolerance, expected, output).map(|what| format!("output {index}: {what}"))
    };
    pairs.map(wrong).find_map(|wrong| wrong).map_or(Outcome::Right, Outcome::Wrong)
}

fn difference(tolerance: Tolerance, expected: &Tensor, output: &[u8]) -> Option<String> {
    if output.len() != expected.bytes.len() {
        return Some(format!("{} bytes, and not {}", output.len(), expected.bytes.len()));
    }
    let Some(width) = float_width(expected.element) else {
        let steps = if expected.element == Element::U8 { tolerance.steps } else { 0 };
        let is_near = |(ours, theirs): (&u8, &u8)| ours.abs_diff(*theirs) <= steps;
        let are_near = output.iter().zip(&expected.bytes).all(is_near);
        return (!are_near).then(|| format!("{output:?}, and not {:?}", expected.bytes));
    };
    let numbers = |bytes: &[u8]| bytes.chunks_exact(width).map(number).collect::<Vec<f64>>();
    let mut pairs = numbers(output).into_iter().zip(numbers(&expected.bytes)).enumerate();
    pairs.find_map(|(at, (ours, theirs))| {
        let apart = (ours - theirs).abs();
        let is_near = theirs.is_finite() && apart <= tolerance.absolute + tolerance.relative * theirs.abs();
        let is_same = ours == theirs || (ours.is_nan() && theirs.is_nan());
        (!is_near && !is_same).then(|| format!("{ours} at {at}, and not {theirs}"))
    })
}

fn float_width(element: Element) -> Option<usize> {
    match element {
        Element::F16 => Some(2),
        Element::F32 => Some(4),
        Element::F64 => Some(8),
        Element::U8 | Element::I32 | Element::I64 => None,
    }
}

/// The number that two, four or eight bytes are.
fn number(bytes: &[u8]) -> f64 {
    match *bytes {
        [a, b] => half(u16::from_le_bytes([a, b])),
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
        _ => f64::from_le_bytes(bytes.try_into().unwrap()),
    }
}

fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match (exponent, fraction) {
        (31, 0.0) => f64::INFINITY,
        (31, _) => f64::NAN,
        (0, _) => fraction * 2f64.powi(-24),
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Bit patterns from tables of IEEE 754 halves.
#[test]
fn halves() {
    for (bits, expected) in [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (1, 2f64.powi(-24))] {
        assert_eq!(half(bits), expected);
    }
    assert!(half(0xfc00) == f64::NEG_INFINITY && half(0x7e00).is_nan());
}

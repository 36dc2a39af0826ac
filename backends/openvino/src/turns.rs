//! The check of how many turns a loop has.
//!
//! OpenVINO 2026.4 cannot be stopped inside of a loop, and takes a negative number of turns for one without end. So a number
//! of turns must not follow from what a guest puts into a tensor, other than by the sizes of the tensor.

use std::collections::HashSet;
use std::hash::Hash;
use wasi_nn::{Error, Printable};

/// How many operators are gone back from one loop.
const MAX_STEPS: usize = 1 << 10;

/// What a value of a model is made of.
pub(crate) enum Made<V> {
    /// Constants that [are numbers of turns](are_turns), or sizes of a tensor.
    Bounded,
    /// Numbers that are bounded if those of all these values are.
    Of(Vec<V>),
    /// Something else.
    Open,
}

/// Whether a number follows from constants and sizes alone, as `made` tells for one value.
pub(crate) fn is_bounded<V: Copy + Eq + Hash>(value: V, made: impl Fn(V) -> Made<V>) -> bool {
    let (mut open, mut seen) = (vec![value], HashSet::new());
    while let Some(value) = open.pop() {
        if !seen.insert(value) {
            continue;
        }
        match made(value) {
            Made::Bounded => {}
            Made::Of(values) if seen.len() < MAX_STEPS => open.extend(values),
            Made::Of(_) | Made::Open => return false,
        }
    }
    true
}

/// Whether constants are numbers of turns. Exporters write the greatest number for a loop that its condition alone ends,
/// which values decide.
pub(crate) fn are_turns(numbers: &[i64]) -> bool {
    numbers.iter().all(|number| (0..i64::from(i32::MAX)).contains(number))
}

/// The refusal of a loop whose number of turns is open.
pub(crate) fn refused(node: &str) -> Error {
    let node = Printable::at_most(node, 64);
    Error::unsupported(format!(
        "what a guest puts into the model may decide how many turns the loop `{node}` has, and nothing can stop OpenVINO \
         there; run the model in a worker (`isolated` of the command's graphs), which can be killed, or allow it by \
         `OpenVinoBuilder::open_loops`"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Made, is_bounded};

    #[test]
    fn all_that_a_number_is_made_of_counts() {
        let made = |value: u32| match value {
            0 => Made::Bounded,
            1 => Made::Open,
            2 => Made::Of(vec![0, 3]),
            3 => Made::Of(vec![2, 0]),
            4 => Made::Of(vec![2, 1]),
            value => Made::Of(vec![value + 1]),
        };
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|value| is_bounded(value, made)),
            [true, false, true, true, false, false]
        );
    }
}

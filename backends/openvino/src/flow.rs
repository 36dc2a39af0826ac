//! The values of a model whose numbers count, and not only whether they are beyond a bound.
//!
//! OpenVINO takes the nearest number of 32 bits for one of 64. That is right for the bounds of a slice, since exporters write
//! the greatest integer for "to the end", and for other limits that no number of 32 bits reaches.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Where a number lies that does not fit 32 bits: below all that do, or above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Low,
    High,
}

/// What an operator makes of one of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A bound, beyond which all numbers are the same.
    Bound,
    /// Numbers of its output, in some order.
    Passed,
    /// Numbers that count.
    Counted,
}

/// Operators with inputs that are bounds, and those that pass on what they get.
pub(crate) struct Operators {
    /// The inputs that are bounds, and for numbers on which sides.
    pub(crate) bounds: &'static [(&'static str, Inputs, &'static [Side])],
    pub(crate) passes: &'static [(&'static str, Inputs)],
}

/// Inputs of an operator, by their places; all of them if the list is empty.
pub(crate) type Inputs = &'static [usize];

/// All inputs of an operator.
pub(crate) const ALL: Inputs = &[];

/// Numbers on either side.
pub(crate) const BOTH: &[Side] = &[Side::Low, Side::High];

impl Operators {
    /// What an operator makes of numbers on a side at an input.
    pub(crate) fn taken(&self, operator: &str, input: usize, side: Side) -> Taken {
        let has = |inputs: Inputs| inputs.is_empty() || inputs.contains(&input);
        let is_bound = |(name, inputs, sides): &(&str, Inputs, &[Side])| {
            *name == operator && has(inputs) && sides.contains(&side)
        };
        if self.bounds.iter().any(is_bound) {
            return Taken::Bound;
        }
        let passes = self.passes.iter().any(|(name, inputs)| *name == operator && has(inputs));
        if passes { Taken::Passed } else { Taken::Counted }
    }
}

/// Where values go.
pub(crate) struct Flow<V> {
    counted: Vec<V>,
    /// The values that each output has numbers of.
    passed: HashMap<V, Vec<V>>,
}

impl<V: Copy + Eq + Hash> Flow<V> {
    pub(crate) fn new() -> Self {
        Flow { counted: Vec::new(), passed: HashMap::new() }
    }

    /// Adds a value that an operator takes, and the output of the operator, if anybody wants it.
    pub(crate) fn take(&mut self, value: V, taken: Taken, output: Option<V>) {
        match (taken, output) {
            (Taken::Counted, _) => self.counted.push(value),
            (Taken::Passed, Some(output)) => self.passed.entry(output).or_default().push(value),
            (Taken::Bound, _) | (Taken::Passed, None) => {}
        }
    }

    /// The values whose numbers count, wherever they go.
    pub(crate) fn counted(mut self) -> HashSet<V> {
        let mut all = HashSet::new();
        while let Some(value) = self.counted.pop() {
            if all.insert(value) {
                self.counted.extend(self.passed.remove(&value).unwrap_or_default());
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, BOTH, Flow, Operators, Side, Taken};

    #[test]
    fn operators_take_inputs_in_three_ways() {
        let operators = Operators {
            bounds: &[("slice", &[1], BOTH), ("min", ALL, &[Side::High])],
            passes: &[("slice", &[0]), ("min", ALL)],
        };
        let taken = |operator, input, side| operators.taken(operator, input, side);
        assert_eq!(taken("slice", 1, Side::Low), Taken::Bound);
        assert_eq!(taken("slice", 0, Side::High), Taken::Passed);
        assert_eq!(taken("slice", 2, Side::High), Taken::Counted);
        assert_eq!(taken("min", 7, Side::High), Taken::Bound);
        assert_eq!(taken("min", 7, Side::Low), Taken::Passed);
        assert_eq!(taken("add", 0, Side::Low), Taken::Counted);
    }

    #[test]
    fn numbers_count_if_anything_that_they_become_does() {
        let mut flow = Flow::new();
        flow.take("bound", Taken::Bound, Some("y"));
        flow.take("far", Taken::Passed, Some("near"));
        flow.take("near", Taken::Passed, Some("both"));
        flow.take("near", Taken::Bound, None);
        flow.take("both", Taken::Counted, Some("y"));
        flow.take("unwanted", Taken::Passed, None);
        flow.take("circle", Taken::Passed, Some("circle"));
        let counted = flow.counted();
        assert!(["far", "near", "both"].iter().all(|value| counted.contains(value)));
        assert_eq!(counted.len(), 3);
    }
}

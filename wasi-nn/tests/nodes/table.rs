//! The table of a backend's refusals, and its comparison with what came of the cases.

use crate::outcome::{Outcome, Tolerance};
use nn_models::nodes::Case;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a backend makes of the cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// How many are right, of those whose inputs have types that wasi-nn names, and of the others.
    right: usize,
    right_through_bytes: usize,
    #[serde(default)]
    refused: Vec<Kind>,
    /// Cases that are right but for rounding.
    #[serde(default)]
    rounded: Vec<Rounding>,
    /// Cases that ask for more than the backend promises, at an edge that its documentation names: equal values, random
    /// numbers.
    #[serde(default)]
    edges: Vec<Edge>,
}

/// Cases that fail alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    /// A part of what is said of each of them.
    why: String,
    /// Their names, parted by blanks.
    cases: String,
}

/// Cases that differ alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edge {
    #[expect(dead_code, reason = "it is for people")]
    why: String,
    /// How the outcome of each of them begins.
    differs: String,
    cases: String,
}

/// Cases with another tolerance than they say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rounding {
    #[expect(dead_code, reason = "it is for people")]
    why: String,
    #[serde(default)]
    relative: f64,
    #[serde(default)]
    absolute: f64,
    #[serde(default)]
    steps: u8,
    cases: String,
}

impl Table {
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap()
    }

    /// How far the outputs of a case may be from what they should be.
    pub(crate) fn tolerance(&self, case: &Case) -> Tolerance {
        let own = Tolerance { relative: case.relative, absolute: case.absolute, steps: 0 };
        let mut listed = self.rounded.iter();
        let listed = listed.find(|row| row.cases.split_whitespace().any(|name| name == case.name));
        listed.map_or(own, |row| Tolerance {
            relative: own.relative.max(row.relative),
            absolute: own.absolute.max(row.absolute),
            steps: row.steps,
        })
    }

    /// Panics with all that differs from the table of a backend.
    #[track_caller]
    pub(crate) fn check(&self, backend: &str, outcomes: &[(&Case, Outcome)]) {
        let mut refused = by_name(self.refused.iter().map(|kind| (&kind.cases, &kind.why)));
        let mut edges = by_name(self.edges.iter().map(|edge| (&edge.cases, &edge.differs)));
        let mut differences = Vec::new();
        for (Case { name, .. }, outcome) in outcomes {
            let listed = (refused.remove(name.as_str()), edges.remove(name.as_str()));
            let as_listed = match (outcome, listed) {
                (Outcome::Right, (None, None)) => true,
                (Outcome::Refused(reason), (Some(why), None)) => reason.contains(why),
                (Outcome::Wrong(what), (None, Some(differs))) => what.starts_with(differs),
                _ => false,
            };
            if !as_listed {
                differences.push(format!("{name}\t{outcome:?}\t{listed:?}"));
            }
        }
        let unknown = refused.into_keys().chain(edges.into_keys());
        differences.extend(unknown.map(|name| format!("{name} is listed, and there is no such case")));
        let count = |has_bytes: bool, is_right: bool| {
            let counts = |(case, outcome): &&(&Case, Outcome)| {
                case.has_bytes == has_bytes && (!is_right || *outcome == Outcome::Right)
            };
            outcomes.iter().filter(counts).count()
        };
        let (found, all) =
            ((count(false, true), count(true, true)), (count(false, false), count(true, false)));
        let listed = (self.right, self.right_through_bytes);
        differences.sort_unstable();
        assert!(
            differences.is_empty() && found == listed,
            "{found:?} of {all:?} are right, and {listed:?} by the table {backend}.toml, which has to say so:\n{}",
            differences.join("\n")
        );
    }
}

fn by_name<'a>(rows: impl Iterator<Item = (&'a String, &'a String)>) -> BTreeMap<&'a str, &'a str> {
    rows.flat_map(|(cases, text)| cases.split_whitespace().map(|name| (name, text.as_str()))).collect()
}

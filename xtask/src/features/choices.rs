//! The table of choices of features: what is checked by itself, what is tested so, what README tells.

use std::collections::BTreeSet;
use wasi_policy::Descriptor;

/// A crate with some of its features and without its default ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) package: &'static str,
    /// Separated by commas; empty for none.
    pub(super) features: &'static str,
    pub(super) check: Check,
    /// For whom README lists it; empty if it does not.
    pub(super) readme: &'static str,
}

/// How a choice is known to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Clippy compiles it, and so it builds.
    Alone,
    /// Clippy compiles it, and this test target runs.
    Tested(&'static str),
    /// Nothing here: what is said covers it.
    Elsewhere(&'static str),
}

const fn choice(package: &'static str, features: &'static str, check: Check, readme: &'static str) -> Choice {
    Choice { package, features, check, readme }
}

/// Each feature of each crate alone, and the pairs that embedders take.
///
/// Every other set of features compiles an engine once more. Clippy meets Wasmtime three times: bare for the adapter,
/// whole for the facade, and again beside the snapshot, which asks more of a crate that both need. Tests of that pair
/// would also build it again, for two minutes of two cores; the suites run the same tests on it with all features.
const CHOICES: &[Choice] = &[
    choice("wasi-policy", "", Check::Alone, "stages, gate and linker, for a proposal of your own"),
    choice("wasi-engine-wasmtime", "", Check::Alone, "the same, on a Wasmtime of yours"),
    choice("wasi-engine-wasmi", "", Check::Alone, "the same, on a wasmi of yours"),
    choice("wasi-snapshot", "", Check::Alone, "the snapshot, on an engine with an adapter of yours"),
    choice("wasi-nn", "", Check::Alone, "inference, on a backend of yours"),
    choice("wasi-nn", "onnx", Check::Alone, ""),
    choice("wasi-nn", "openvino", Check::Alone, ""),
    choice(FACADE, "", Check::Alone, ""),
    choice(FACADE, "snapshot", Check::Alone, ""),
    choice(FACADE, "nn", Check::Alone, ""),
    choice(FACADE, "nn-onnx", Check::Alone, ""),
    choice(FACADE, "nn-openvino", Check::Alone, ""),
    choice(FACADE, "wasmi", Check::Alone, ""),
    choice(FACADE, "wat", Check::Alone, ""),
    choice(FACADE, "wasmtime", Check::Alone, ""),
    choice(FACADE, "cache", Check::Alone, ""),
    choice(FACADE, "snapshot,wasmi", Check::Tested("library"), "programs, interpreted"),
    choice(
        "wasi-facade",
        "nn,wasmi",
        Check::Tested("library"),
        "inference on a backend of yours, interpreted",
    ),
    choice(
        "wasi-facade",
        "nn-onnx,snapshot,wasmi",
        Check::Alone,
        "programs that infer, interpreted; nothing native",
    ),
    choice(FACADE, "snapshot,wasmtime", Check::Alone, "programs, compiled: the default"),
    choice(
        "wasi-facade",
        "cli",
        Check::Elsewhere("the step `clippy` takes it with the whole workspace"),
        "the command",
    ),
    choice("benches", "peer", Check::Elsewhere(BY_HAND), ""),
    choice("benches", "nn", Check::Elsewhere(BY_HAND), ""),
    choice("benches", "nn-peer", Check::Elsewhere(BY_HAND), ""),
];

const BY_HAND: &str = "benches are run by hand, and peers bring hundreds of crates";

/// The table, with the facade's feature of each proposal in `rows` that it does not have.
pub(super) fn all(rows: &[Descriptor]) -> Vec<Choice> {
    let mut all = CHOICES.to_vec();
    for row in rows {
        if !all.iter().any(|choice| choice.package == FACADE && choice.features == row.name()) {
            all.push(choice(FACADE, row.name(), Check::Alone, ""));
        }
    }
    all
}

const FACADE: &str = "wasi-facade";

impl Choice {
    /// Arguments for Cargo.
    pub(super) fn args(&self) -> Vec<&'static str> {
        let mut args = vec!["--package", self.package, "--no-default-features"];
        if !self.features.is_empty() {
            args.extend(["--features", self.features]);
        }
        args
    }
}

/// Features that no choice has alone, and choices of features that are not there, each with the way out.
///
/// `declared` has packages and their features.
pub(super) fn problems(declared: &[(String, BTreeSet<String>)], choices: &[Choice]) -> Vec<String> {
    const PLACE: &str = "CHOICES in xtask/src/features/choices.rs";
    let mut problems = Vec::new();
    for (package, features) in declared {
        // The default is a choice of others.
        for feature in features.iter().filter(|feature| *feature != "default") {
            if !choices.iter().any(|choice| choice.package == package && choice.features == feature) {
                problems.push(format!(
                    "the feature {feature:?} of {package} is in no row alone; add one to {PLACE}"
                ));
            }
        }
    }
    for choice in choices {
        let known =
            declared.iter().find(|(package, _)| package == choice.package).map(|(_, features)| features);
        for feature in choice.features.split(',').filter(|feature| !feature.is_empty()) {
            if !known.is_some_and(|known| known.contains(feature)) {
                problems.push(format!("{} has no feature {feature:?}; drop it from {PLACE}", choice.package));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{CHOICES, Check, FACADE, all, choice, problems};
    use wasi_policy::{Descriptor, Stage};

    fn declared(features: &[&str]) -> Vec<(String, std::collections::BTreeSet<String>)> {
        vec![("p".to_owned(), features.iter().map(|feature| (*feature).to_owned()).collect())]
    }

    #[test]
    fn each_feature_is_there_alone() {
        let choices = [choice("p", "a", Check::Alone, ""), choice("p", "a,b", Check::Alone, "")];
        assert!(
            problems(&declared(&["a", "b"]), &choices)[0]
                .contains("the feature \"b\" of p is in no row alone")
        );
        assert!(problems(&declared(&["a", "b", "default"]), &choices[..1]).len() == 1);
        let choices = [choice("p", "a", Check::Alone, ""), choice("p", "b", Check::Alone, "")];
        assert!(problems(&declared(&["a", "b", "default"]), &choices).is_empty());
    }

    #[test]
    fn a_new_proposal_is_there_by_itself() {
        let rows = [Descriptor::new("nn", Stage::Two), Descriptor::new("probe", Stage::Zero)];
        let all = all(&rows);
        assert_eq!(all.len(), CHOICES.len() + 1);
        assert_eq!(all.last().map(|choice| (choice.package, choice.features)), Some((FACADE, "probe")));
    }

    #[test]
    fn a_choice_of_what_is_gone_is_named() {
        let choices = [choice("p", "", Check::Alone, ""), choice("p", "a", Check::Alone, "")];
        assert!(problems(&declared(&[]), &choices)[0].starts_with("p has no feature \"a\""));
        assert_eq!(problems(&[], &[choice("gone", "a", Check::Alone, "")]).len(), 1);
    }
}

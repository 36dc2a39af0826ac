//! Suites: the tests of each proposal, and those of everything else.
//!
//! A proposal `NAME` is the crate `wasi-NAME`, so its suite is that crate's tests; nobody has to list them. Tests of
//! other crates that cannot do without a proposal are in [`NEEDS`].

pub(crate) mod build;
pub(crate) mod run;

use anyhow::Result;
use build::Executable;
use wasi_policy::Descriptor;

/// The suite of all crates that are no proposal's.
pub(crate) const REST: &str = "rest";

/// The test target that stands for the examples in a crate's documentation.
const EXAMPLES: &str = "examples";

/// Tests outside a proposal's crate that are skipped when the proposal is untested.
struct Need {
    /// The crate and, unless it is empty, its test target.
    package: &'static str,
    target: &'static str,
    /// How the names of the tests begin; all tests if this is empty.
    tests: &'static str,
    proposal: &'static str,
}

const NEEDS: &[Need] = &[
    Need { package: "wasi-facade", target: EXAMPLES, tests: "", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "command", tests: "", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "library", tests: "garbage::", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "library", tests: "own::", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "library", tests: "programs::", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "library", tests: "inference::", proposal: "nn" },
    Need { package: "wasi-facade", target: "command", tests: "graphs::", proposal: "nn" },
    Need { package: "wasi-facade", target: "command", tests: "inspect::", proposal: "nn" },
    Need { package: "wasi-facade", target: "command", tests: "policy::inference_", proposal: "nn" },
    Need { package: "wasi-facade", target: "wasi", tests: "nn_flags::", proposal: "nn" },
    Need { package: "nn-models", target: "", tests: "", proposal: "nn" },
];

impl Need {
    fn concerns(&self, executable: &Executable) -> bool {
        self.package == executable.package && (self.target.is_empty() || self.target == executable.target)
    }
}

/// What is left of an executable's tests.
#[derive(Debug, PartialEq)]
pub(crate) enum Scope {
    /// All but the tests whose names begin like this.
    Without(Vec<&'static str>),
    /// Nothing, since this proposal is untested.
    Nothing(&'static str),
}

/// The names of all suites, in the order of the matrix.
pub(crate) fn names(proposals: &[Descriptor]) -> Vec<&'static str> {
    proposals.iter().map(Descriptor::name).chain([REST]).collect()
}

/// The one suite that a package belongs to.
pub(crate) fn of(package: &str, proposals: &[Descriptor]) -> &'static str {
    let name = package.strip_prefix("wasi-");
    proposals.iter().map(Descriptor::name).find(|proposal| name == Some(proposal)).unwrap_or(REST)
}

/// Which tests of `executable` may run, now that some of the proposals may be untested.
pub(crate) fn scope(executable: &Executable, proposals: &[Descriptor]) -> Scope {
    let suite = of(&executable.package, proposals);
    if is_untested(suite, proposals) {
        return Scope::Nothing(suite);
    }
    let mut without = Vec::new();
    for need in NEEDS.iter().filter(|need| is_untested(need.proposal, proposals)) {
        match (need.concerns(executable), need.tests) {
            (false, _) => {}
            (true, "") => return Scope::Nothing(need.proposal),
            (true, tests) => without.push(tests),
        }
    }
    Scope::Without(without)
}

/// The rows of [`NEEDS`] that are about no test any more, given what `list` finds in a program.
pub(crate) fn idle_needs(
    built: &[Executable],
    list: impl Fn(&Executable) -> Result<Vec<String>>,
) -> Result<Vec<String>> {
    let mut idle = Vec::new();
    for need in NEEDS.iter().filter(|need| need.target != EXAMPLES) {
        let mut is_used = false;
        for executable in built.iter().filter(|executable| need.concerns(executable)) {
            is_used |= list(executable)?.iter().any(|test| test.starts_with(need.tests));
        }
        if !is_used {
            let Need { package, target, tests, .. } = need;
            idle.push(format!("no test of {package}:{target} begins with `{tests}`"));
        }
    }
    Ok(idle)
}

/// The crates whose examples are skipped.
pub(crate) fn without_examples(proposals: &[Descriptor]) -> Vec<String> {
    let untested = proposals.iter().filter(|row| row.untested_reason().is_some());
    let ours = untested.map(|row| format!("wasi-{}", row.name()));
    let needs = NEEDS.iter().filter(|need| need.target == EXAMPLES && is_untested(need.proposal, proposals));
    ours.chain(needs.map(|need| need.package.to_owned())).collect()
}

fn is_untested(name: &str, proposals: &[Descriptor]) -> bool {
    proposals.iter().any(|row| row.name() == name && row.untested_reason().is_some())
}

#[cfg(test)]
mod tests {
    use super::{NEEDS, REST, Scope, idle_needs, names, of, scope, without_examples};
    use crate::suites::build::Executable;
    use wasi_policy::matrix::PROPOSALS;
    use wasi_policy::{Descriptor, Stage};

    const ON: &[Descriptor] = &[Descriptor::new("snapshot", Stage::Two), Descriptor::new("nn", Stage::Two)];
    const NN_UNTESTED: &[Descriptor] =
        &[Descriptor::new("snapshot", Stage::Two), Descriptor::new("nn", Stage::Two).untested("it hangs")];

    fn executable(package: &str, target: &str) -> Executable {
        Executable {
            package: package.to_owned(),
            target: target.to_owned(),
            program: "unused".into(),
            folder: "unused".into(),
        }
    }

    #[test]
    fn a_package_is_in_one_suite() {
        assert_eq!(names(ON), ["snapshot", "nn", REST]);
        assert_eq!(of("wasi-snapshot", ON), "snapshot");
        assert_eq!(of("wasi-nn", ON), "nn");
        for package in ["wasi-facade", "wasi-policy", "nn-models", "nn", "xtask", "wasi-nn-more"] {
            assert_eq!(of(package, ON), REST, "{package}");
        }
    }

    #[test]
    fn nothing_is_left_out_while_all_are_tested() {
        for (package, target) in [("wasi-nn", "onnx"), ("wasi-facade", "command"), ("xtask", "xtask")] {
            assert_eq!(scope(&executable(package, target), ON), Scope::Without(Vec::new()));
        }
    }

    #[test]
    fn what_needs_an_untested_proposal_is_skipped() {
        assert_eq!(scope(&executable("wasi-nn", "onnx"), NN_UNTESTED), Scope::Nothing("nn"));
        assert_eq!(scope(&executable("nn-models", "golden"), NN_UNTESTED), Scope::Nothing("nn"));
        assert_eq!(
            scope(&executable("wasi-facade", "library"), NN_UNTESTED),
            Scope::Without(vec!["inference::"])
        );
        assert_eq!(scope(&executable("wasi-snapshot", "all"), NN_UNTESTED), Scope::Without(Vec::new()));
        assert_eq!(scope(&executable("xtask", "xtask"), NN_UNTESTED), Scope::Without(Vec::new()));
    }

    #[test]
    fn a_need_that_no_test_has_is_found() {
        let built = [executable("wasi-facade", "command"), executable("nn-models", "golden")];
        let listed = |_: &Executable| Ok(vec!["graphs::one".to_owned(), "policy::inference_one".to_owned()]);
        let idle = idle_needs(&built, listed).unwrap();
        assert!(
            idle.contains(&"no test of wasi-facade:command begins with `inspect::`".to_owned()),
            "{idle:?}"
        );
        assert!(
            idle.iter().all(|need| !need.contains("`graphs::`") && !need.contains("nn-models")),
            "{idle:?}"
        );
    }

    #[test]
    fn examples_are_skipped_with_their_proposal() {
        assert!(without_examples(ON).is_empty());
        assert_eq!(without_examples(NN_UNTESTED), ["wasi-nn"]);
        let without_snapshot = [ON[0].untested("it hangs")];
        assert_eq!(without_examples(&without_snapshot), ["wasi-snapshot", "wasi-facade"]);
    }

    #[test]
    fn needs_name_proposals_of_the_matrix() {
        for need in NEEDS {
            assert!(PROPOSALS.iter().any(|row| row.name() == need.proposal), "{}", need.proposal);
        }
    }
}

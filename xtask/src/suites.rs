//! Suites: the tests of each proposal, and those of everything else.
//!
//! A proposal `NAME` is the crate `wasi-NAME` with the crates `wasi-NAME-*` of its backends, so its suite is the tests of
//! those; nobody has to list them. Tests of other crates that cannot do without a proposal are in [`NEEDS`].

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
    Need { package: "wasi-facade", target: "library", tests: "instances::", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "library", tests: "reactors::", proposal: "snapshot" },
    Need { package: "wasi-facade", target: "library", tests: "inference::", proposal: "nn" },
    Need { package: "wasi-facade", target: "command", tests: "graphs::", proposal: "nn" },
    Need { package: "wasi-facade", target: "command", tests: "inspect::", proposal: "nn" },
    Need { package: "wasi-facade", target: "command", tests: "policy::inference_", proposal: "nn" },
    Need { package: "wasi-facade", target: "wasi", tests: "nn::", proposal: "nn" },
    Need { package: "nn-models", target: "", tests: "", proposal: "nn" },
    Need { package: "wasi-engine-wasmi", target: EXAMPLES, tests: "", proposal: "snapshot" },
    Need { package: "wasi-engine-wasmi", target: "terminal", tests: "", proposal: "snapshot" },
    Need { package: "wasi-engine-wasmtime", target: EXAMPLES, tests: "", proposal: "snapshot" },
    Need { package: "wasi-engine-wasmtime", target: "plugin_host", tests: "", proposal: "snapshot" },
];

impl Need {
    fn concerns(&self, executable: &Executable) -> bool {
        self.package == executable.package && (self.target.is_empty() || self.target == executable.target)
    }
}

/// The names of all suites, in the order of the matrix.
pub(crate) fn names(proposals: &[Descriptor]) -> Vec<&'static str> {
    proposals.iter().map(Descriptor::name).chain([REST]).collect()
}

/// The one suite that a package belongs to.
pub(crate) fn of(package: &str, proposals: &[Descriptor]) -> &'static str {
    let owns = |proposal: &&str| {
        let rest = package.strip_prefix("wasi-").and_then(|name| name.strip_prefix(proposal));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    proposals.iter().map(Descriptor::name).find(owns).unwrap_or(REST)
}

/// What leaves out the tests of `executable` that need an untested proposal; `None`, and says so, if all of them do.
pub(crate) fn skips(executable: &Executable, proposals: &[Descriptor]) -> Option<Vec<String>> {
    let suite = of(&executable.package, proposals);
    let needs = NEEDS.iter().filter(|need| need.concerns(executable)).map(|need| (need.proposal, need.tests));
    let mut skips = Vec::new();
    for (proposal, tests) in needs.chain([(suite, "")]).filter(|(name, _)| is_untested(name, proposals)) {
        if tests.is_empty() {
            println!("skipped {}: the proposal `{proposal}` is untested", executable.name());
            return None;
        }
        skips.extend(["--skip".to_owned(), tests.to_owned()]);
    }
    Some(skips)
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

/// Whether the examples of a crate are skipped.
pub(crate) fn skips_examples(package: &str, proposals: &[Descriptor]) -> bool {
    let needs = NEEDS.iter().filter(|need| need.target == EXAMPLES && need.package == package);
    needs.map(|need| need.proposal).chain([of(package, proposals)]).any(|name| is_untested(name, proposals))
}

fn is_untested(name: &str, proposals: &[Descriptor]) -> bool {
    proposals.iter().any(|row| row.name() == name && row.untested_reason().is_some())
}

#[cfg(test)]
mod tests {
    use super::{NEEDS, REST, idle_needs, names, of, skips, skips_examples};
    use crate::suites::build::Executable;
    use wasi_policy::matrix::PROPOSALS;
    use wasi_policy::{Descriptor, Stage};

    const SNAPSHOT: Descriptor = Descriptor::new("snapshot", Stage::Two);
    const NN: Descriptor = Descriptor::new("nn", Stage::Two);
    const ALL: &[Descriptor] = &[SNAPSHOT, NN];
    const WITHOUT_NN: &[Descriptor] = &[SNAPSHOT, NN.untested("it hangs")];

    #[test]
    fn a_package_is_in_one_suite() {
        assert_eq!(names(ALL), ["snapshot", "nn", REST]);
        assert_eq!((of("wasi-snapshot", ALL), of("wasi-nn-host", ALL)), ("snapshot", "nn"));
        assert_eq!(of("wasi-nn-onnx", ALL), "nn");
        for package in ["wasi-facade", "wasi-policy", "nn-models", "nn", "xtask", "wasi-nnx", "wasi-"] {
            assert_eq!(of(package, ALL), REST, "{package}");
        }
    }

    #[test]
    fn what_needs_an_untested_proposal_is_skipped() {
        for (package, target, expected) in [
            ("wasi-nn", "onnx", None),
            ("nn-models", "golden", None),
            ("wasi-facade", "library", Some(vec!["--skip".to_owned(), "inference::".to_owned()])),
            ("wasi-snapshot", "calls", Some(vec![])),
            ("xtask", "xtask", Some(vec![])),
        ] {
            let executable = Executable::made_up(package, target);
            assert_eq!(skips(&executable, ALL), Some(vec![]));
            assert_eq!(skips(&executable, WITHOUT_NN), expected);
        }
        assert!(!skips_examples("wasi-nn", ALL) && skips_examples("wasi-nn-onnx", WITHOUT_NN));
        assert!(!skips_examples("wasi-facade", WITHOUT_NN));
        assert!(skips_examples("wasi-facade", &[SNAPSHOT.untested("it hangs")]));
    }

    #[test]
    fn a_need_that_no_test_has_is_found() {
        let built =
            [Executable::made_up("wasi-facade", "command"), Executable::made_up("nn-models", "golden")];
        let listed = |_: &Executable| Ok(vec!["graphs::one".to_owned(), "policy::inference_one".to_owned()]);
        let idle = idle_needs(&built, listed).unwrap();
        assert!(
            idle.contains(&"no test of wasi-facade:command begins with `inspect::`".to_owned()),
            "{idle:?}"
        );
        let is_used = |need: &String| need.contains("`graphs::`") || need.contains("nn-models");
        assert!(!idle.iter().any(is_used), "{idle:?}");
        for need in NEEDS {
            assert!(PROPOSALS.iter().any(|row| row.name() == need.proposal), "{}", need.proposal);
        }
    }
}

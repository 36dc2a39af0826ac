//! What each suite took, and whether that is too much of the whole.

use super::answers::Answers;
use crate::budgets::{self, Suite};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many programs are named when a suite takes too long.
const NAMED: usize = 3;

/// A suite that ran.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) suite: &'static str,
    pub(crate) programs: Vec<Program>,
    /// Whether tests were left out because a proposal is off.
    pub(crate) is_cut: bool,
}

/// A program of a suite that ran.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) answers: Answers,
    pub(crate) tests: usize,
    pub(crate) took: Duration,
}

impl Measured {
    pub(crate) fn took(&self) -> Duration {
        self.programs.iter().map(|program| program.took).sum()
    }

    pub(crate) fn tests(&self) -> usize {
        self.programs.iter().map(|program| program.tests).sum()
    }

    /// The programs that took longest, for people.
    fn slowest(&self) -> String {
        let mut programs: Vec<_> = self.programs.iter().collect();
        programs.sort_by_key(|program| std::cmp::Reverse(program.took));
        let words =
            programs.iter().take(NAMED).map(|one| format!("{} {:.1} s", one.name, one.took.as_secs_f64()));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// The share of each suite, in the order of `suites`; `None` unless all of them ran, and in full, since a share of
/// less is no measure.
pub(crate) fn shares(suites: &[&str], measured: &[Measured]) -> Option<Vec<f64>> {
    let find = |name: &&str| measured.iter().find(|one| one.suite == *name && !one.is_cut);
    let found: Option<Vec<_>> = suites.iter().map(find).collect();
    let times: Vec<_> = found?.iter().map(|one| one.took().as_secs_f64()).collect();
    let whole: f64 = times.iter().sum();
    (whole > 0.0).then(|| times.iter().map(|time| time / whole).collect())
}

/// What is wrong with the shares of these proposals.
pub(crate) fn judge(
    proposals: &[&str],
    measured: &[Measured],
    shares: &[f64],
    budgets: &BTreeMap<String, Suite>,
) -> Vec<String> {
    let mut findings = Vec::new();
    for name in budgets.keys().filter(|name| !proposals.contains(&name.as_str())) {
        findings
            .push(format!("{} has [suite.{name}], and there is no such proposal; remove it", budgets::PLACE));
    }
    for (name, share) in proposals.iter().zip(shares) {
        let Some(budget) = budgets.get(*name) else {
            findings.push(format!(
                "the proposal `{name}` has no budget; write `[suite.{name}]` with its `share` into {}",
                budgets::PLACE
            ));
            continue;
        };
        if *share > budget.share {
            let slowest = measured.iter().find(|one| one.suite == *name).map(Measured::slowest);
            findings.push(format!(
                "the tests of `{name}` take {:.0} % of the time of all tests, of {:.0} % at most ({}); the slowest are {}",
                share * 100.0,
                budget.share * 100.0,
                budgets::PLACE,
                slowest.unwrap_or_default()
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{Measured, Program, judge, shares};
    use crate::budgets::Suite;
    use crate::suites::answers::Answers;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn measured(suite: &'static str, seconds: &[u64]) -> Measured {
        let programs = seconds.iter().enumerate().map(|(at, seconds)| Program {
            name: format!("wasi-{suite}:{at}"),
            answers: Answers::new(),
            tests: 2,
            took: Duration::from_secs(*seconds),
        });
        Measured { suite, programs: programs.collect(), is_cut: false }
    }

    fn budgets(rows: &[(&str, f64)]) -> BTreeMap<String, Suite> {
        rows.iter().map(|(name, share)| ((*name).to_owned(), Suite { share: *share })).collect()
    }

    #[test]
    fn a_share_is_of_all_suites() {
        let all = [measured("a", &[1, 2]), measured("rest", &[9])];
        assert_eq!(shares(&["a", "rest"], &all), Some(vec![0.25, 0.75]));
        assert_eq!(all[0].tests(), 4);
    }

    #[test]
    fn there_is_no_share_of_less_than_all() {
        assert_eq!(shares(&["a", "rest"], &[measured("a", &[1])]), None);
        let cut = Measured { is_cut: true, ..measured("rest", &[9]) };
        assert_eq!(shares(&["a", "rest"], &[measured("a", &[1]), cut]), None);
        assert_eq!(shares(&["a"], &[measured("a", &[])]), None);
    }

    #[test]
    fn a_suite_within_its_share_is_fine() {
        assert_eq!(judge(&["a"], &[], &[0.5], &budgets(&[("a", 0.5)])), [""; 0]);
    }

    #[test]
    fn a_suite_over_its_share_names_its_slowest_programs() {
        let all = [measured("a", &[1, 4, 2, 3])];
        let findings = judge(&["a"], &all, &[0.51], &budgets(&[("a", 0.5)]));
        assert_eq!(
            findings,
            ["the tests of `a` take 51 % of the time of all tests, of 50 % at most (xtask/budgets.toml); \
              the slowest are wasi-a:1 4.0 s, wasi-a:3 3.0 s, wasi-a:2 2.0 s"]
        );
    }

    #[test]
    fn a_budget_and_a_proposal_belong_together() {
        let findings = judge(&["a"], &[], &[0.1], &budgets(&[("b", 0.5)]));
        assert_eq!(findings.len(), 2);
        assert!(
            findings[0].contains("no such proposal") && findings[1].contains("no budget"),
            "{findings:?}"
        );
    }
}

//! What each test answered each time, and which of them cannot be relied on.

use crate::suites::answers::{Answer, Answers};
use crate::suites::run::Ran;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The answers of all tests that were repeated.
#[derive(Default)]
pub(crate) struct Tally {
    /// By program and name.
    tests: BTreeMap<(String, String), Vec<Seen>>,
}

/// An answer, and the file with the output if it was not a good one.
struct Seen {
    answer: Answer,
    file: Option<PathBuf>,
}

impl Tally {
    /// Takes the answers of an earlier run for the first ones of those tests.
    pub(crate) fn expect(&mut self, program: &str, answers: &Answers) {
        for (test, answer) in answers {
            self.seen(program, test, *answer, None);
        }
    }

    /// Takes the answers of a run that was to run `tests`; whether its output is to be kept, in `file`.
    pub(super) fn record(&mut self, program: &str, tests: &[&str], ran: &Ran, file: &Path) -> bool {
        let answer = |test: &&str| ran.answers.get(*test).copied().unwrap_or(Answer::Unfinished);
        // A process that dies does not say in which of its tests, nor does one that ends badly after the last.
        let is_unclear = ran.trouble.is_some() && !tests.iter().map(answer).any(Answer::is_bad);
        let mut keep = false;
        for test in tests {
            let answer = if is_unclear { Answer::Unfinished } else { answer(test) };
            self.seen(program, test, answer, answer.is_bad().then(|| file.to_owned()));
            keep |= answer.is_bad();
        }
        keep
    }

    fn seen(&mut self, program: &str, test: &str, answer: Answer, file: Option<PathBuf>) {
        self.tests.entry((program.to_owned(), test.to_owned())).or_default().push(Seen { answer, file });
    }

    /// The programs of the tests that did not answer the same each time, once for each test.
    pub(crate) fn flaky(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().filter(|(_, seen)| is_flaky(seen)).map(|((program, _), _)| program.as_str())
    }

    /// The programs whose tests were repeated, once for each test.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().filter(|(_, seen)| seen.len() > 1).map(|((program, _), _)| program.as_str())
    }

    /// Fails if a test did not answer the same each time, or answered badly each time.
    pub(crate) fn judge(&self) -> Result<()> {
        let findings: Vec<_> =
            self.tests.iter().filter_map(|((program, test), seen)| finding(program, test, seen)).collect();
        if !findings.is_empty() {
            bail!("{}", findings.join("\n  "));
        }
        println!("{} tests answered the same each time", self.repeated().count());
        Ok(())
    }
}

fn is_flaky(seen: &[Seen]) -> bool {
    seen.windows(2).any(|pair| pair[0].answer != pair[1].answer)
}

fn finding(program: &str, test: &str, seen: &[Seen]) -> Option<String> {
    let file = seen.iter().find_map(|one| one.file.as_ref())?;
    let mut counts = BTreeMap::<_, usize>::new();
    for one in seen {
        *counts.entry(one.answer).or_default() += 1;
    }
    let words: Vec<_> =
        counts.iter().map(|(answer, count)| format!("{} {count} times", answer.word())).collect();
    let kind = if is_flaky(seen) { "is flaky" } else { "fails when it is repeated" };
    Some(format!("{program} {test} {kind}: it {}; see {}", words.join(" and "), file.display()))
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::suites::answers::Answer::{self, Failed, Ignored, Passed};
    use crate::suites::run::Ran;
    use std::path::Path;
    use std::time::Duration;

    fn ran(answers: &[(&str, Answer)], trouble: Option<&str>) -> Ran {
        Ran {
            answers: answers.iter().map(|(name, answer)| ((*name).to_owned(), *answer)).collect(),
            took: Duration::ZERO,
            trouble: trouble.map(str::to_owned),
            output: String::new(),
        }
    }

    fn said(tally: &Tally) -> String {
        tally.judge().unwrap_err().to_string()
    }

    #[test]
    fn the_same_answer_each_time_is_fine() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            let kept =
                tally.record("p", &["a", "b"], &ran(&[("a", Passed), ("b", Ignored)], None), Path::new("f"));
            assert!(!kept);
        }
        tally.judge().unwrap();
        assert_eq!((tally.repeated().count(), tally.flaky().count()), (2, 0));
    }

    #[test]
    fn another_answer_is_a_flake() {
        let mut tally = Tally::default();
        assert!(!tally.record("p", &["a"], &ran(&[("a", Passed)], None), Path::new("1")));
        assert!(tally.record("p", &["a"], &ran(&[("a", Failed)], Some("exit 101")), Path::new("2")));
        assert_eq!(said(&tally), "p a is flaky: it passed 1 times and failed 1 times; see 2");
        assert_eq!(tally.flaky().collect::<Vec<_>>(), ["p"]);
    }

    #[test]
    fn an_earlier_run_counts() {
        let mut tally = Tally::default();
        tally.expect("p", &ran(&[("a", Passed), ("b", Passed)], None).answers);
        tally.record("p", &["a"], &ran(&[("a", Failed)], Some("exit 101")), Path::new("1"));
        assert!(said(&tally).starts_with("p a is flaky"));
        assert_eq!(tally.repeated().count(), 1);
    }

    #[test]
    fn a_test_that_always_fails_is_no_flake_and_no_good() {
        let mut tally = Tally::default();
        for _ in 0..2 {
            tally.record("p", &["a"], &ran(&[("a", Failed)], Some("exit 101")), Path::new("1"));
        }
        assert_eq!(said(&tally), "p a fails when it is repeated: it failed 2 times; see 1");
        assert_eq!(tally.flaky().count(), 0);
    }

    #[test]
    fn a_test_whose_process_dies_has_not_ended() {
        let mut tally = Tally::default();
        assert!(tally.record("p", &["a"], &ran(&[], Some("signal 6")), Path::new("1")));
        assert!(said(&tally).contains("did not end 1 times"));
        let mut tally = Tally::default();
        assert!(tally.record("p", &["a"], &ran(&[("a", Passed)], Some("signal 6")), Path::new("1")));
        assert!(said(&tally).contains("did not end 1 times"));
    }
}

//! What a program of tests says about each test.

use std::collections::BTreeMap;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Passed,
    Failed,
    Ignored,
    /// The program ended before the test did.
    Unfinished,
}

impl Answer {
    /// Whether the test, or what it ran in, is broken.
    pub(crate) fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Unfinished)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
            Self::Unfinished => "did not end",
        }
    }
}

/// The answers by the name of the test.
pub(crate) type Answers = BTreeMap<String, Answer>;

/// Reads the output of a test program, in which what tests and their children print may stand between anything.
pub(crate) fn parse(output: &str) -> Answers {
    let is_whole = output.lines().any(|line| line.starts_with("test result: "));
    let failures = failures(output);
    let mut answers = Answers::new();
    for line in output.lines() {
        let Some((name, verdict)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
        else {
            continue;
        };
        let name = name.strip_suffix(" - should panic").unwrap_or(name);
        let answer = match verdict {
            "ok" => Answer::Passed,
            "FAILED" => Answer::Failed,
            _ if verdict.starts_with("ignored") => Answer::Ignored,
            // Somebody printed before the verdict; the list of failures has all that a whole run found.
            _ if failures.contains(&name) => Answer::Failed,
            _ if is_whole => Answer::Passed,
            _ => Answer::Unfinished,
        };
        answers.insert(name.to_owned(), answer);
    }
    answers
}

/// The names below the last heading `failures:`.
fn failures(output: &str) -> Vec<&str> {
    let list = output.rsplit_once("\nfailures:\n").map_or("", |(_, list)| list);
    list.lines().map_while(|line| line.strip_prefix("    ")).collect()
}

/// The names in what `--list --format terse` prints.
pub(crate) fn names(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::Answer::{Failed, Ignored, Passed, Unfinished};
    use super::{names, parse};

    const OUTPUT: &str = "\nrunning 5 tests\n\
        test a::passes ... ok\n\
        test a::panics - should panic ... ok\n\
        test a::rests ... ignored, it is slow\n\
        test a::talks ... a child says this\nok\n\
        test a::fails ... FAILED\n\
        test a::talks_and_fails ... a child says this\nFAILED\n\n\
        failures:\n\n---- a::fails stdout ----\nfailures:\n    of its own\n\n\n\
        failures:\n    a::fails\n    a::talks_and_fails\n\n\
        test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";

    #[test]
    fn each_test_has_an_answer() {
        let answers: Vec<_> = parse(OUTPUT).into_iter().collect();
        let expected = [
            ("a::fails", Failed),
            ("a::panics", Passed),
            ("a::passes", Passed),
            ("a::rests", Ignored),
            ("a::talks", Passed),
            ("a::talks_and_fails", Failed),
        ];
        assert_eq!(answers, expected.map(|(name, answer)| (name.to_owned(), answer)));
    }

    #[test]
    fn a_program_that_dies_leaves_its_test_unfinished() {
        let answers =
            parse("\nrunning 2 tests\ntest first ... ok\ntest second ... thread overflowed its stack\n");
        assert_eq!(answers["first"], Passed);
        assert_eq!(answers["second"], Unfinished);
    }

    #[test]
    fn benches_are_no_tests() {
        assert_eq!(names("a::b: test\nc: benchmark\nd e: test\n"), ["a::b", "d e"]);
    }
}

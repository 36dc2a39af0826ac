//! The answers of the guest and of Magika for files, and the differences between them.

use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Scores this close are equal: backends add up in different orders.
const TOLERANCE: f64 = 1e-3;

/// What somebody says of a file.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    label: String,
    score: f64,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.4}", self.label, self.score)
    }
}

/// Answers by the path of the file, relative to a folder.
#[derive(Debug, PartialEq)]
pub(super) struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// Reads rows of path, label and score. Columns are filled with spaces, which paths below `folder` may have too.
    pub(super) fn read(rows: &str, folder: &str) -> Result<Self> {
        let row = |line: &str| {
            let cells = line.rsplit_once(' ').and_then(|(rest, score)| {
                let (path, label) = rest.trim_end().rsplit_once(' ')?;
                let answer = Answer { label: label.to_owned(), score: score.parse().ok()? };
                Some((path.trim_end().strip_prefix(folder)?.to_owned(), answer))
            });
            cells.with_context(|| format!("{line:?} is no path in {folder:?}, label and score"))
        };
        rows.lines().map(row).collect::<Result<_>>().map(Self)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many different labels there are.
    pub(super) fn types(&self) -> usize {
        self.0.values().map(|answer| &answer.label).collect::<BTreeSet<_>>().len()
    }

    /// A table of the files of which something else was expected; empty if there are none.
    pub(super) fn differences(&self, expected: &Self) -> String {
        let paths: BTreeSet<_> = self.0.keys().chain(expected.0.keys()).collect();
        let rows = paths.into_iter().filter_map(|path| {
            let (found, expected) = (self.0.get(path), expected.0.get(path));
            if let (Some(found), Some(expected)) = (found, expected)
                && found.label == expected.label
                && (found.score - expected.score).abs() <= TOLERANCE
            {
                return None;
            }
            let words = |answer: Option<&Answer>| answer.map_or("nothing".to_owned(), Answer::to_string);
            Some(format!("{path:40} expected {:24} found {}\n", words(expected), words(found)))
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    const MAGIKA: &str = "a b.py python 0.987654\nempty empty 1.000000\n";
    const TABLE: &str = "/w/a b.py  python            0.9877\n/w/empty   empty             1.0000\n";

    #[test]
    fn a_difference_is_a_row() {
        let expected = Answers::read(MAGIKA, "").unwrap();
        assert_eq!((expected.len(), expected.types()), (2, 2));
        let differences = |table: &str| Answers::read(table, "/w/").unwrap().differences(&expected);
        let row = |path: &str, expected: &str, found: &str| {
            format!("{path:40} expected {expected:24} found {found}\n")
        };
        assert_eq!(differences(TABLE), "");
        let other_label = TABLE.replace("python", "lua   ");
        assert_eq!(differences(&other_label), row("a b.py", "python 0.9877", "lua 0.9877"));
        let other_score = TABLE.replace("0.9877", "0.9861");
        assert_eq!(differences(&other_score), row("a b.py", "python 0.9877", "python 0.9861"));
        let missing = TABLE.lines().next().unwrap();
        assert_eq!(differences(missing), row("empty", "empty 1.0000", "nothing"));
        let extra = TABLE.to_owned() + "/w/more    txt               1.0000\n";
        assert_eq!(differences(&extra), row("more", "nothing", "txt 1.0000"));
        for row in ["nonsense", "/w/a  python  much", "/elsewhere  python  1.0"] {
            assert!(Answers::read(row, "/w/").is_err(), "{row:?}");
        }
    }
}

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
    /// Reads what `ask_magika.py` prints: a line a file, with tabs between path, label and score.
    pub(super) fn of_magika(text: &str) -> Result<Self> {
        read(text.lines(), |line| {
            let (path, rest) = line.split_once('\t')?;
            let (label, score) = rest.split_once('\t')?;
            Some((path, label, score))
        })
    }

    /// Reads the guest's table: a heading, then a row a file. Columns are filled with spaces, which paths may have too.
    pub(super) fn of_guest(table: &str, folder: &str) -> Result<Self> {
        read(table.lines().skip(1), |line| {
            let (rest, score) = line.rsplit_once(' ')?;
            let (path, label) = rest.trim_end().rsplit_once(' ')?;
            Some((path.trim_end().strip_prefix(folder)?, label, score))
        })
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

/// Takes lines apart into path, label and score.
fn read<'a>(
    lines: impl Iterator<Item = &'a str>,
    cells: impl Fn(&'a str) -> Option<(&'a str, &'a str, &'a str)>,
) -> Result<Answers> {
    let rows = lines.map(|line| {
        let (path, label, score) = cells(line).with_context(|| format!("{line:?} has no three columns"))?;
        let score = score.parse().with_context(|| format!("{line:?} has no score"))?;
        Ok((path.to_owned(), Answer { label: label.to_owned(), score }))
    });
    rows.collect::<Result<_>>().map(Answers)
}

#[cfg(test)]
mod tests {
    use super::Answers;

    const MAGIKA: &str = "a b.py\tpython\t0.987654\nempty\tempty\t1.000000\n";
    const TABLE: &str = "PATH       CONTENT TYPE       SCORE\n\
                         /w/a b.py  python            0.9877\n\
                         /w/empty   empty             1.0000\n";

    #[test]
    fn both_say_the_same_in_their_own_ways() {
        let (found, expected) =
            (Answers::of_guest(TABLE, "/w/").unwrap(), Answers::of_magika(MAGIKA).unwrap());
        assert_eq!(found.differences(&expected), "");
        assert_eq!((found.len(), found.types()), (2, 2));
    }

    #[test]
    fn a_difference_is_a_row() {
        let expected = Answers::of_magika(MAGIKA).unwrap();
        let differences = |table: &str| Answers::of_guest(table, "/w/").unwrap().differences(&expected);
        let row = |path: &str, expected: &str, found: &str| {
            format!("{path:40} expected {expected:24} found {found}\n")
        };
        let other_label = TABLE.replace("python", "lua   ");
        assert_eq!(differences(&other_label), row("a b.py", "python 0.9877", "lua 0.9877"));
        let other_score = TABLE.replace("0.9877", "0.9861");
        assert_eq!(differences(&other_score), row("a b.py", "python 0.9877", "python 0.9861"));
        let missing = TABLE.lines().take(2).collect::<Vec<_>>().join("\n");
        assert_eq!(differences(&missing), row("empty", "empty 1.0000", "nothing"));
        let extra = TABLE.to_owned() + "/w/more    txt               1.0000\n";
        assert_eq!(differences(&extra), row("more", "nothing", "txt 1.0000"));
    }

    #[test]
    fn what_is_no_table_is_an_error() {
        for table in ["heading\nnonsense", "heading\n/w/a  python  much", "heading\n/elsewhere  python  1.0"]
        {
            assert!(Answers::of_guest(table, "/w/").is_err(), "{table:?}");
        }
        assert!(Answers::of_magika("a python 0.5").is_err());
    }
}

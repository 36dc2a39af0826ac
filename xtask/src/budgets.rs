//! What things may cost: the table `xtask/budgets.toml`.

use crate::project;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;

/// Where the table is, for those who look for the rule.
pub(crate) const PLACE: &str = "xtask/budgets.toml";

/// The whole table. A key that nobody reads is an error, since it would be no rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budgets {
    /// By the name of the proposal.
    pub(crate) suite: BTreeMap<String, Suite>,
    /// By the name of the crate, or `default`.
    #[serde(rename = "crate")]
    pub(crate) crates: BTreeMap<String, Crate>,
    /// By the name of the facade's feature, or `default`.
    pub(crate) feature: BTreeMap<String, Feature>,
    /// By the name of the proposal, or `default`.
    pub(crate) proposal: BTreeMap<String, Proposal>,
    pub(crate) repository: Repository,
    pub(crate) binary: Binary,
}

/// How large a crate may be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crate {
    /// Lines of code, without comments, tests and blank lines.
    pub(crate) code: u64,
    /// Bytes of everything that is tracked.
    pub(crate) bytes: u64,
}

/// What a feature of the facade may bring in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    /// Crates that a facade without features does not compile.
    pub(crate) crates: u64,
}

/// What a proposal may add to the command, with the crates that only it brings in; 1 is all of the command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposal {
    /// Of the seconds that compiling takes.
    pub(crate) compile: f64,
    /// Of the bytes of functions and constants.
    pub(crate) binary: f64,
}

/// How large everything may be together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repository {
    /// Bytes of tracked files.
    pub(crate) bytes: u64,
    /// Packages in `Cargo.lock`.
    pub(crate) packages: u64,
}

/// How large the release command may be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Binary {
    /// Of the file.
    pub(crate) bytes: u64,
}

/// The row called `name`, or the one for all that have none, and what it is called.
pub(crate) fn row<'a, T>(rows: &'a BTreeMap<String, T>, name: &str) -> Option<(&'a str, &'a T)> {
    rows.get_key_value(name).or_else(|| rows.get_key_value("default")).map(|(key, row)| (key.as_str(), row))
}

/// What the tests of a proposal may cost.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suite {
    /// Of the time that the tests of all suites take; 1 is all of it.
    pub(crate) share: f64,
}

/// Reads the table.
pub(crate) fn read() -> Result<Budgets> {
    let path = project::root().join(PLACE);
    let text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{PLACE} does not fit xtask/src/budgets.rs"))
}

#[cfg(test)]
mod tests {
    use super::{Budgets, read, row};

    #[test]
    fn the_table_is_read() {
        assert!(!read().unwrap().suite.is_empty());
    }

    #[test]
    fn who_has_no_row_has_the_default() {
        let rows = [("a".to_owned(), 1), ("default".to_owned(), 2)].into();
        assert_eq!(row(&rows, "a"), Some(("a", &1)));
        assert_eq!(row(&rows, "b"), Some(("default", &2)));
        assert_eq!(row::<u8>(&[].into(), "b"), None);
    }

    #[test]
    fn a_key_that_nobody_reads_is_an_error() {
        for text in ["[suite.nn]\nshare = 0.5\nshar = 0.5", "[suite]\n[suits.nn]\nshare = 0.5"] {
            assert!(toml::from_str::<Budgets>(text).is_err(), "{text}");
        }
    }
}

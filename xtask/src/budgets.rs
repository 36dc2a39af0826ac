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
    use super::{Budgets, read};

    #[test]
    fn the_table_is_read() {
        assert!(!read().unwrap().suite.is_empty());
    }

    #[test]
    fn a_key_that_nobody_reads_is_an_error() {
        for text in ["[suite.nn]\nshare = 0.5\nshar = 0.5", "[suite]\n[suits.nn]\nshare = 0.5"] {
            assert!(toml::from_str::<Budgets>(text).is_err(), "{text}");
        }
    }
}

//! The table `xtask/elsewhere.toml`: targets, what building for them takes, and what is done for each.

use super::Extent;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const PLACE: &str = "xtask/elsewhere.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// Debian's packages for all targets.
    packages: Vec<String>,
    pub(super) target: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) triple: String,
    /// As `std::env::consts::OS` has it.
    pub(super) system: String,
    /// How its programs run here, in words, if they do.
    pub(super) by: Option<String>,
    /// Debian's packages for this one.
    #[serde(default)]
    packages: Vec<String>,
    /// What these bring.
    #[serde(default)]
    pub(super) programs: Vec<String>,
    /// Does zig compile its C and link, by cargo-zigbuild?
    #[serde(default)]
    pub(super) zig: bool,
    /// Variables of all commands; `{place}` is the target's own folder.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// What the shell does before everything else.
    pub(super) first: Option<String>,
    pub(super) work: Vec<Work>,
}

/// One run of Cargo.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    /// `clippy`, `link`, `test`, or `programs`: of `cargo xtask e2e`, through the command that was built before.
    pub(super) task: String,
    /// For Cargo, separated by spaces; or the names of programs.
    arguments: String,
    /// Has every change to pass it?
    #[serde(default)]
    pub(super) every_change: bool,
    /// Tests that cannot run here.
    #[serde(default)]
    pub(super) cannot: Vec<Cannot>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cannot {
    pub(super) reason: String,
    /// Is it the system, and not what stands for it here? Then its machines do not owe them either.
    #[serde(default)]
    never: bool,
    /// By name; those of files stand for the two kinds of directories that are the host's.
    tests: Vec<String>,
}

pub(super) fn read() -> Result<Table> {
    toml::from_str(include_str!("../../elsewhere.toml")).with_context(|| format!("{PLACE} cannot be read"))
}

impl Table {
    /// Debian's packages for these targets.
    pub(super) fn packages<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> Vec<String> {
        let own = targets.into_iter().flat_map(|target| &target.packages);
        self.packages.iter().chain(own).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Target {
    /// What is done for it in this part.
    pub(super) fn part(&self, extent: Extent) -> impl Iterator<Item = &Work> {
        self.work.iter().filter(move |work| extent == Extent::Whole || work.every_change)
    }
}

impl Work {
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> + Clone {
        self.arguments.split(' ')
    }

    /// The names of the tests that cannot run.
    pub(super) fn skipped(&self) -> Vec<String> {
        self.cannot.iter().flat_map(Cannot::names).collect()
    }

    /// Those of them that a machine of the system can run.
    pub(super) fn owed(&self) -> Vec<String> {
        self.cannot.iter().filter(|one| !one.never).flat_map(Cannot::names).collect()
    }
}

impl Cannot {
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.tests.iter().flat_map(|test| match test.starts_with("files::") {
            true => vec![format!("on_host::{test}"), format!("layered::{test}")],
            false => vec![test.clone()],
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read_and_each_skip_has_a_reason() {
        let table = super::read().unwrap();
        let mut works = table.target.iter().flat_map(|target| &target.work);
        assert!(works.all(|work| work.cannot.iter().all(|one| !one.reason.is_empty())));
    }

    #[test]
    fn what_the_system_cannot_is_owed_by_nobody() {
        let work: super::Work = toml::from_str(
            r#"
            task = "test"
            arguments = ""
            cannot = [
                { reason = "Wine", tests = ["files::links", "other"] },
                { reason = "Windows", never = true, tests = ["files::open"] },
            ]
            "#,
        )
        .unwrap();
        assert_eq!(work.owed(), ["on_host::files::links", "layered::files::links", "other"]);
        assert_eq!(work.skipped().len(), 5);
    }
}

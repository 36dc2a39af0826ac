//! `[package.metadata.proposal]` of each proposal's manifest: what people and CI need, and a host does not.
//!
//! The matrix of `wasi-policy` has what a host decides by. Both are about the same proposals, and [`Metadata::read`]
//! says where they disagree.

use crate::project::root;
use crate::tidy::Texts;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use toml::value::Date;
use toml::{Table, Value};
use wasi_policy::{Descriptor, Platform};

/// What the manifest of a proposal says about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Metadata {
    /// The document that argues for the proposal, relative to the root.
    pub(crate) rfc: String,
    /// How to reach the people who keep the proposal working.
    pub(crate) maintainers: String,
    /// What has shown that it works, by the names of platforms.
    #[serde(default)]
    pub(crate) evidence: BTreeMap<String, String>,
    /// The day on which somebody switched its tests off.
    pub(crate) untested_since: Option<Date>,
}

/// What can have been seen of a proposal on a platform: that its tests have run, or less.
const RUN: [&str; 2] = ["in CI", "under Wine"];
const BUILT: [&str; 2] = ["compiles and links", "compiles"];

/// The manifest of the proposal of that name.
pub(crate) fn manifest(proposal: &str) -> String {
    format!("wasi-{proposal}/Cargo.toml")
}

/// The package of the proposal of that name: `wasi-NAME` unless its manifest has another, since the registry has one crate
/// of a name.
pub(crate) fn package(proposal: &str) -> String {
    let text = fs::read_to_string(root().join(manifest(proposal))).unwrap_or_default();
    let manifest = text.parse::<Table>().ok();
    let name = manifest.as_ref().and_then(|manifest| manifest.get("package")?.get("name")?.as_str());
    name.map_or_else(|| format!("wasi-{proposal}"), str::to_owned)
}

impl Metadata {
    /// The metadata by the names of the proposals, and where they do not fit `rows`.
    pub(crate) fn read(texts: &Texts, rows: &[Descriptor]) -> (BTreeMap<String, Metadata>, Vec<String>) {
        let (mut all, mut problems) = (BTreeMap::new(), Vec::new());
        for (path, text) in texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
            let row = rows.iter().find(|row| manifest(row.name()) == *path);
            match (row, parse(text)) {
                (None, None) => {}
                (None, Some(_)) => problems.push(format!(
                    "{path} has [package.metadata.proposal], and wasi-policy/src/matrix.rs has no row for it; \
                     add the row, or remove the table"
                )),
                (Some(row), Some(Ok(metadata))) => {
                    problems.extend(metadata.problems(row, texts));
                    all.insert(row.name().to_owned(), metadata);
                }
                (Some(_), Some(Err(error))) => problems.push(format!(
                    "{path}: [package.metadata.proposal] cannot be read; its keys are `rfc`, `maintainers`, the table \
                     `evidence` and, for an untested proposal, `untested-since = YYYY-MM-DD`: {error}"
                )),
                (Some(row), None) => problems.push(format!(
                    "the proposal {} has a row, and {path} has no [package.metadata.proposal]; write the table, \
                     with `rfc` and `maintainers`",
                    row.name()
                )),
            }
        }
        let is_absent = |row: &&Descriptor| !texts.contains_key(&manifest(row.name()));
        problems.extend(rows.iter().filter(is_absent).map(|row| {
            format!(
                "the proposal {} has a row, and no {}; write the crate, or remove the row",
                row.name(),
                manifest(row.name())
            )
        }));
        (all, problems)
    }

    fn problems(&self, row: &Descriptor, texts: &Texts) -> Vec<String> {
        let (name, path) = (row.name(), manifest(row.name()));
        let mut problems = Vec::new();
        if !texts.contains_key(&self.rfc) {
            problems.push(format!(
                "{path}: the RFC {:?} of the proposal {name} is not there; write it, or name the right path in `rfc`",
                self.rfc
            ));
        }
        if self.maintainers.is_empty() {
            problems.push(format!(
                "{path}: the proposal {name} has no maintainers; say in `maintainers` how to reach them"
            ));
        }
        for platform in Platform::ALL {
            let seen = self.evidence.get(&platform.to_string()).map_or("none", String::as_str);
            let fitting: &[&str] = match (row.supports(platform), row.compiles_for(platform)) {
                (true, _) => &RUN,
                (false, true) => &BUILT,
                (false, false) => &["none"],
            };
            if !fitting.contains(&seen) {
                problems.push(format!(
                    "{path}: the evidence of the proposal {name} for {platform} is `{seen}`, which does not fit its row in \
                     wasi-policy/src/matrix.rs; have there one of {fitting:?}, or change the row"
                ));
            }
        }
        match (row.untested_reason(), self.untested_since) {
            (Some(_), None) => problems.push(format!(
                "the proposal {name} is `untested` in the matrix, and nobody says since when; write \
                 `untested-since = YYYY-MM-DD`, the day of that decision, under [package.metadata.proposal] in {path}"
            )),
            (None, Some(since)) => problems.push(format!(
                "{path}: the proposal {name} is untested since {since}, and the matrix does not say so; remove \
                 `untested-since`, or add `.untested(\"why\")` to the row in wasi-policy/src/matrix.rs"
            )),
            (Some(_), Some(_)) | (None, None) => {}
        }
        problems
    }
}

/// The table of a manifest, if it has one.
fn parse(manifest: &str) -> Option<Result<Metadata, toml::de::Error>> {
    // A manifest that is no TOML is named by the rule `lints` of tidy.
    let manifest: Table = manifest.parse().ok()?;
    let table: &Value = manifest.get("package")?.get("metadata")?.get("proposal")?;
    Some(table.clone().try_into())
}

#[cfg(test)]
mod tests {
    use super::Metadata;
    use crate::tidy::{self, Texts};
    use wasi_policy::matrix::PROPOSALS;
    use wasi_policy::{Descriptor, Platform, Stage};

    const ROW: Descriptor = Descriptor::new("a", Stage::Two).with_platforms(&[Platform::Linux]);
    const WHOLE: &str = "[package.metadata.proposal]\nrfc = 'rfcs/0001-a.md'\nmaintainers = 'ask'\n\
                         evidence.Linux = 'in CI'\n";

    fn texts(manifest: &str) -> Texts {
        [("wasi-a/Cargo.toml", manifest), ("rfcs/0001-a.md", "")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into()
    }

    #[test]
    fn the_matrix_and_the_manifests_agree() {
        assert_eq!(Metadata::read(&tidy::texts().unwrap(), PROPOSALS).1, [""; 0]);
        let (all, problems) = Metadata::read(&texts(WHOLE), &[ROW]);
        assert_eq!((all["a"].rfc.as_str(), problems), ("rfcs/0001-a.md", Vec::new()));
        let since = format!("{WHOLE}untested-since = 2026-11-23\n");
        let (all, problems) = Metadata::read(&texts(&since), &[ROW.untested("it hangs")]);
        assert_eq!((all["a"].untested_since.unwrap().day, problems), (23, Vec::new()));
    }

    #[test]
    fn what_does_not_fit_is_named_with_the_fix() {
        const MAC: &[Descriptor] = &[ROW.with_compiled_platforms(&[Platform::MacOs])];
        const UNTESTED: &[Descriptor] = &[ROW.untested("it hangs")];
        let since = |day: &str| format!("{WHOLE}untested-since = {day}\n");
        let (no_rfc, nobody) = (WHOLE.replace("0001", "0002"), WHOLE.replace("'ask'", "''"));
        for (manifest, rows, expected) in [
            ("[package]\n", &[ROW][..], "has a row, and wasi-a/Cargo.toml has no [package.metadata"),
            (WHOLE, &[], "has no row for it; add the row, or remove the table"),
            (
                &WHOLE.replace("in CI", "compiles"),
                &[ROW],
                "evidence of the proposal a for Linux is `compiles`",
            ),
            (&WHOLE.replace("in CI", "somewhere"), &[ROW], "for Linux is `somewhere`"),
            (WHOLE, &[ROW.with_platforms(&[])], "for Linux is `in CI`, which does not fit"),
            (&format!("{WHOLE}evidence.macOS = 'under Wine'\n"), MAC, "for macOS is `under Wine`"),
            (WHOLE, MAC, "for macOS is `none`"),
            (WHOLE, UNTESTED, "nobody says since when; write `untested-since"),
            (&since("2026-11-23"), &[ROW], "untested since 2026-11-23, and the matrix does not say so"),
            (&no_rfc, &[ROW], "\"rfcs/0002-a.md\" of the proposal a is not there"),
            (&nobody, &[ROW], "the proposal a has no maintainers"),
            (&format!("{WHOLE}since = 1\n"), &[ROW], "cannot be read; its keys are"),
            (&since("'2026-11-23'"), UNTESTED, "cannot be read; its keys are"),
            (&since("2026-11-23T10:00:00"), UNTESTED, "cannot be read; its keys are"),
            // A day that is in no calendar is no TOML.
            (&since("2026-11-31"), UNTESTED, "has no [package.metadata.proposal]"),
        ] {
            let (_, problems) = Metadata::read(&texts(manifest), rows);
            assert!(problems.len() == 1 && problems[0].contains(expected), "{expected}: {problems:?}");
        }
        let (_, problems) = Metadata::read(&Texts::new(), &[ROW]);
        assert!(problems[0].contains("has a row, and no wasi-a/Cargo.toml"), "{problems:?}");
    }
}

//! `cargo xtask staging`: every proposal is where its stage allows it to be, and `docs/STAGING.md` says where that is.
//!
//! The stage is a line of the matrix. What it allows and asks are types of `wasi-policy`; what a proposal has to show is
//! read from its crate, and what Cargo compiles by default is followed through all manifests.

mod evidence;
mod features;
mod report;

use crate::project;
use crate::tidy::{self, Texts};
use anyhow::{Context, Result, bail};
use evidence::Evidence;
use features::Manifests;
use std::fs;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;

/// The page that is written from the matrix.
const PAGE: &str = "docs/STAGING.md";

/// Checks every row, every default, and that the page is what the matrix says; or writes the page.
pub(crate) fn run(write: bool) -> Result<()> {
    let texts = tidy::texts()?;
    let manifests = manifests(&texts)?;
    // Switching a proposal off is one line, and the page is about what lasts.
    let lasting: Vec<_> = PROPOSALS.iter().map(|row| row.for_good()).collect();
    let page = report::page(&standings(&texts, &manifests, &lasting), &lasting);
    if write {
        let path = project::root().join(PAGE);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, &page).with_context(|| format!("cannot write {PAGE}"))?;
        println!("staging: {PAGE} is written");
    }
    let mut findings = judge(&texts, &manifests, PROPOSALS);
    if !write && texts.get(PAGE) != Some(&page) {
        findings.push(format!("{PAGE} is not what the matrix says; run `cargo xtask staging --write`"));
    }
    if !findings.is_empty() {
        bail!(
            "{}\nstaging: {} findings (the rules are in xtask/src/staging)",
            findings.join("\n"),
            findings.len()
        );
    }
    println!("{}", report::proposals(&standings(&texts, &manifests, PROPOSALS), PROPOSALS));
    println!("staging: {} proposals are where their stages allow them to be", PROPOSALS.len());
    Ok(())
}

/// What a proposal lacks for its stage, and what it would lack for the next.
struct Standing {
    now: Vec<evidence::Gap>,
    next: Vec<evidence::Gap>,
}

fn manifests(texts: &Texts) -> Result<Manifests> {
    let manifests = texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
    Manifests::parse(manifests.map(|(_, text)| text.as_str())).context("a Cargo.toml is broken")
}

fn standings(texts: &Texts, manifests: &Manifests, rows: &[Descriptor]) -> Vec<Standing> {
    let adapters: Vec<_> =
        manifests.packages.keys().filter_map(|package| package.strip_prefix("wasi-engine-")).collect();
    let standing = |row: &Descriptor| {
        let evidence = Evidence::of(texts, row);
        let next = row.stage().next().map(|stage| evidence.gaps(row, stage.demands(), &adapters));
        Standing { now: evidence.gaps(row, row.stage().demands(), &adapters), next: next.unwrap_or_default() }
    };
    rows.iter().map(standing).collect()
}

fn judge(texts: &Texts, manifests: &Manifests, rows: &[Descriptor]) -> Vec<String> {
    let standings = standings(texts, manifests, rows);
    let gaps = rows.iter().zip(&standings).flat_map(|(row, standing)| {
        standing.now.iter().map(move |gap| {
            format!(
                "the proposal {} is at {} without {}, which that asks for (wasi-policy/src/demands.rs); {}, or lower \
                 the stage in wasi-policy/src/matrix.rs",
                row.name(),
                row.stage(),
                gap.what,
                gap.mend
            )
        })
    });
    gaps.chain(features::check(manifests, rows)).collect()
}

#[cfg(test)]
mod tests {
    use super::{judge, manifests};
    use crate::tidy::{self, Texts};
    use wasi_policy::matrix::PROPOSALS;
    use wasi_policy::{Descriptor, Stage};

    const PROBE: Descriptor = Descriptor::new("probe", Stage::Two).rfc("rfcs/0003-wasi-probe.md");

    fn tree() -> Texts {
        let files = [
            ("Cargo.toml", "[workspace.lints.rust]\nmissing_docs = 'deny'"),
            ("engines/wasmtime/Cargo.toml", "[package]\nname = 'wasi-engine-wasmtime'"),
            ("engines/wasmi/Cargo.toml", "[package]\nname = 'wasi-engine-wasmi'"),
            ("wasi-facade/Cargo.toml", "[package]\nname = 'wasi-facade'\n[features]\nprobe = []"),
            ("wasi-probe/Cargo.toml", "[package]\nname = 'wasi-probe'\n[lints]\nworkspace = true"),
            ("wasi-probe/CHANGELOG.md", "# Changes"),
            ("wasi-probe/tests/smoke.rs", "#[test]\nfn wasmtime() {}\n#[test]\nfn wasmi() {}"),
            ("rfcs/0003-wasi-probe.md", "# RFC"),
        ];
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    fn findings(texts: &Texts) -> Vec<String> {
        judge(texts, &manifests(texts).unwrap(), &[PROBE])
    }

    #[test]
    fn this_workspace_stands_where_it_may() {
        let texts = tidy::texts().unwrap();
        assert_eq!(judge(&texts, &manifests(&texts).unwrap(), PROPOSALS), [""; 0]);
    }

    #[test]
    fn whoever_has_everything_stands() {
        assert_eq!(findings(&tree()), [""; 0]);
    }

    #[test]
    fn whatever_is_taken_away_is_missed_by_name() {
        for (path, text, what) in [
            ("wasi-probe/CHANGELOG.md", "", "a changelog"),
            ("wasi-probe/tests/smoke.rs", "#[test]\nfn wasmtime() {}", "a smoke test on wasmi"),
            ("rfcs/0003-wasi-probe.md", "# RFC <!-- Why? -->", "an RFC without open prompts"),
            (
                "wasi-probe/src/lib.rs",
                concat!("#![allow(", "missing_docs)]"),
                "documentation of every public item",
            ),
        ] {
            let mut texts = tree();
            texts.insert(path.to_owned(), text.to_owned());
            let found = findings(&texts);
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            let start = format!("the proposal probe is at stage 2 without {what}, which that asks for (");
            assert!(found[0].starts_with(&start), "{found:?}");
        }
    }
}

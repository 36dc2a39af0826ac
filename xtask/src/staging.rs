//! `cargo xtask staging`: holds every proposal against its stage, and writes `docs/STAGING.md`.
//!
//! The stage is a line of the matrix. What it asks is in `demands`; what a proposal has to show is read from its crate,
//! and what is compiled by default is asked of Cargo.

mod defaults;
mod demands;
mod evidence;
mod report;

use crate::metadata::Metadata;
use crate::tidy::{self, Texts};
use crate::{project, untested};
use anyhow::{Context, Result, bail};
use evidence::Gap;
use std::collections::BTreeMap;
use std::fs;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;

/// The page that is written from the matrix.
const PAGE: &str = "docs/STAGING.md";

/// Checks every row, its metadata, every default, and that the page is what the matrix says; or writes the page.
pub(crate) fn run(write: bool) -> Result<()> {
    let texts = tidy::texts()?;
    let (metadata, mut findings) = Metadata::read(&texts, PROPOSALS);
    // Switching tests off takes two lines, and the page is about what lasts.
    let lasting: Vec<_> = PROPOSALS.iter().map(|row| row.tested()).collect();
    let page = report::page(&standings(&texts, &metadata, &lasting));
    if write {
        let path = project::root().join(PAGE);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, &page).with_context(|| format!("cannot write {PAGE}"))?;
        println!("staging: {PAGE} is written");
    } else if texts.get(PAGE) != Some(&page) {
        findings.push(format!("{PAGE} is not what the matrix says; run `cargo xtask staging --write`"));
    }
    for notice in untested::notices(PROPOSALS, &metadata, untested::today()) {
        println!("{notice}");
        if std::env::var_os("GITHUB_ACTIONS").is_some() {
            println!("{}", notice.annotation());
        }
        findings.extend(notice.finding());
    }
    let standings = standings(&texts, &metadata, PROPOSALS);
    findings.extend(gaps(&standings));
    findings.extend(defaults::check(&project::shell()?, PROPOSALS)?);
    if !findings.is_empty() {
        bail!(
            "{}\nstaging: {} findings (the rules are in xtask/src/staging)",
            findings.join("\n"),
            findings.len()
        );
    }
    println!("{}", report::proposals(&standings));
    Ok(())
}

/// A proposal, with what it lacks for its stage, and what it would lack for the next.
struct Standing<'a> {
    row: &'a Descriptor,
    rfc: &'a str,
    evidence: BTreeMap<String, String>,
    now: Vec<Gap>,
    next: Vec<Gap>,
}

fn standings<'a>(
    texts: &Texts,
    metadata: &'a BTreeMap<String, Metadata>,
    rows: &'a [Descriptor],
) -> Vec<Standing<'a>> {
    let adapters = adapters(texts);
    let standing = |row: &'a Descriptor| {
        let said = metadata.get(row.name());
        let rfc = said.map_or("", |metadata| metadata.rfc.as_str());
        let evidence = said.map(|metadata| metadata.evidence.clone()).unwrap_or_default();
        let gaps = |stage| evidence::gaps(texts, row, rfc, demands::of(stage), &adapters);
        let (now, next) = (gaps(row.stage()), demands::next(row.stage()).map(gaps).unwrap_or_default());
        Standing { row, rfc, evidence, now, next }
    };
    rows.iter().map(standing).collect()
}

/// The engines with an adapter: each is a crate.
fn adapters(texts: &Texts) -> Vec<String> {
    let manifests = texts.iter().filter(|(path, _)| path.ends_with("/Cargo.toml"));
    let lines = manifests.flat_map(|(_, text)| text.lines());
    let names = lines.filter_map(|line| line.strip_prefix("name = \"wasi-engine-")?.strip_suffix('"'));
    names.map(str::to_owned).collect()
}

fn gaps(standings: &[Standing<'_>]) -> Vec<String> {
    let words = |standing: &Standing<'_>| {
        let (name, stage) = (standing.row.name(), standing.row.stage());
        let word = |gap: &Gap| {
            format!(
                "the proposal {name} is at {stage} without {}, which that asks for (xtask/src/staging/demands.rs); {}, or \
                 lower the stage in wasi-policy/src/matrix.rs",
                gap.what, gap.fix
            )
        };
        standing.now.iter().map(word).collect::<Vec<_>>()
    };
    standings.iter().flat_map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::{adapters, gaps, run, standings};
    use crate::tidy;
    use wasi_policy::{Descriptor, Platform, Stage};

    #[test]
    fn this_workspace_stands_where_it_may() {
        run(false).unwrap();
    }

    #[test]
    fn a_proposal_that_stands_too_high_is_named() {
        let texts = tidy::texts().unwrap();
        assert_eq!(adapters(&texts), ["wasmer", "wasmi", "wasmtime"]);
        let rows = [Descriptor::new("snapshot", Stage::Three).with_platforms(&[Platform::Linux])];
        let found = gaps(&standings(&texts, &[].into(), &rows));
        let start =
            "the proposal snapshot is at stage 3 without tests that pass on macOS, which that asks for (";
        assert!(found[0].starts_with(start), "{found:?}");
    }
}

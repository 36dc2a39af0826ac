//! `cargo xtask staging`: every proposal is where its stage allows it to be, and `docs/STAGING.md` says where that is.
//!
//! The stage is a line of the matrix. What it asks is in `demands`; what a proposal has to show is read from its crate,
//! and what is compiled by default is asked of Cargo.

mod defaults;
mod demands;
mod evidence;
mod report;

use crate::metadata::Metadata;
use crate::tidy::{self, Texts};
use crate::{features, project, untested};
use anyhow::{Context, Result, bail};
use evidence::{Evidence, Gap};
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
    let page = report::page(&standings(&texts, &metadata, &lasting)?);
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
    let standings = standings(&texts, &metadata, PROPOSALS)?;
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
    now: Vec<Gap>,
    next: Vec<Gap>,
}

fn standings<'a>(
    texts: &Texts,
    metadata: &'a BTreeMap<String, Metadata>,
    rows: &'a [Descriptor],
) -> Result<Vec<Standing<'a>>> {
    let adapters = adapters(texts)?;
    let standing = |row: &'a Descriptor| {
        let rfc = metadata.get(row.name()).map_or("", |metadata| metadata.rfc.as_str());
        let evidence = Evidence::of(texts, row, rfc);
        let next = demands::next(row.stage()).map(|stage| evidence.gaps(row, demands::of(stage), &adapters));
        let now = evidence.gaps(row, demands::of(row.stage()), &adapters);
        Standing { row, rfc, now, next: next.unwrap_or_default() }
    };
    Ok(rows.iter().map(standing).collect())
}

/// The engines with an adapter: each is a crate.
fn adapters(texts: &Texts) -> Result<Vec<String>> {
    let declared = features::declared(texts)?;
    let engines = declared.iter().filter_map(|(package, _)| package.strip_prefix("wasi-engine-"));
    Ok(engines.map(str::to_owned).collect())
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
    use super::{Metadata, gaps, run, standings};
    use crate::tidy::Texts;
    use wasi_policy::{Descriptor, Stage};

    fn tree() -> Texts {
        let files = [
            ("Cargo.toml", "[workspace.lints.rust]\nmissing_docs = \"deny\""),
            ("engines/wasmtime/Cargo.toml", "[package]\nname = 'wasi-engine-wasmtime'"),
            ("engines/wasmi/Cargo.toml", "[package]\nname = 'wasi-engine-wasmi'"),
            (
                "wasi-probe/Cargo.toml",
                "[package]\nname = 'wasi-probe'\n[package.metadata.proposal]\n\
                 rfc = 'rfcs/0003-wasi-probe.md'\nmaintainers = 'ask'",
            ),
            ("wasi-probe/CHANGELOG.md", "# Changes"),
            ("wasi-probe/tests/smoke.rs", "#[test]\nfn wasmtime() {}\n#[test]\nfn wasmi() {}"),
            ("rfcs/0003-wasi-probe.md", "# RFC"),
        ];
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    fn findings(texts: &Texts) -> Vec<String> {
        let rows = [Descriptor::new("probe", Stage::Two)];
        let (metadata, problems) = Metadata::read(texts, &rows);
        assert_eq!(problems, [""; 0]);
        gaps(&standings(texts, &metadata, &rows).unwrap())
    }

    #[test]
    fn this_workspace_stands_where_it_may() {
        run(false).unwrap();
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
            ("Cargo.toml", "[workspace.lints.rust]", "documentation of every public item"),
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

//! `cargo xtask size`: what there is, what it pulls in and what it adds to the command, each against its budget.
//!
//! Sources are compared with the last release. What a proposal adds to the command is told from the one build that is
//! there, by its dependencies: a second build without the proposal would tell it exactly, and take as long again.

mod compile;
mod files;
mod judge;
mod lines;
mod report;
mod symbols;

use crate::budgets::{self, Budgets};
use crate::project::{self, Files};
use crate::tree::{self, Graph};
use anyhow::{Context, Result, ensure};
use judge::{Figure, Share, Unit, Value, findings};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use toml::Table;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;
use xshell::Shell;

/// How many files the table of the largest has.
const LARGEST: usize = 5;

/// Measures and judges; `since` is the revision to compare with, if not the last release.
pub(crate) fn run(since: Option<&str>) -> Result<()> {
    let shell = project::shell()?;
    let budgets = budgets::read()?;
    let now = project::files(&shell)?;
    let base = since.map(str::to_owned).or_else(|| files::base(&shell));
    let before = base.as_ref().map(|base| files::at(&shell, base)).transpose()?;
    let mut figures = of_sources(&now, before.as_ref(), &budgets)?;
    figures.extend(of_features(&shell, &now, &budgets)?);
    figures.extend(of_proposals(&shell, PROPOSALS, &budgets)?);
    let (parts, largest) = (report::parts(&lines::crates(&now)), report::largest(&largest(&now)));
    // A clone without history has neither tags nor branches.
    let base = base.as_deref().unwrap_or("nothing that git knows here");
    let text = format!("{parts}\n{largest}\nChanges since {base}:\n\n{}", report::figures(&figures));
    print!("{text}");
    let folder = project::target().join("report");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("size.md"), format!("# Size\n\n{text}"))?;
    let found = findings(&figures, budgets::PLACE);
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// Crates by their sources, and the repository as a whole.
fn of_sources(now: &Files, before: Option<&Files>, budgets: &Budgets) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let earlier = before.map(lines::crates);
    let names: BTreeSet<_> = now.keys().filter_map(|path| path.strip_suffix("/Cargo.toml")).collect();
    for (name, parts) in lines::crates(now).iter().filter(|(name, _)| *name != lines::ELSEWHERE) {
        let (key, budget) = budgets::row(&budgets.crates, name)
            .with_context(|| format!("neither [crate.{name}] nor [crate.default] in {}", budgets::PLACE))?;
        let own: Files = now
            .iter()
            .filter(|(path, _)| lines::owner(path, &names) == name)
            .map(|(path, bytes)| (path.clone(), bytes.clone()))
            .collect();
        let offenders: Vec<_> = largest(&own).iter().map(|(path, _)| (*path).to_owned()).collect();
        let old = earlier.as_ref().map(|earlier| earlier.get(name).copied().unwrap_or_default());
        let figure = |what: &str, unit, value: u64, before: Option<u64>, budget: u64| Figure {
            what: format!("{name}, {what}"),
            unit,
            value: Value::Measured(value as f64),
            before: before.map(|before| before as f64),
            budget: budget as f64,
            key: format!("crate.{key}.{what}"),
            offenders: offenders.clone(),
        };
        figures.push(figure(
            "code",
            Unit::Lines,
            parts.code.lines,
            old.map(|old| old.code.lines),
            budget.code,
        ));
        figures.push(figure("bytes", Unit::Bytes, parts.bytes(), old.map(|old| old.bytes()), budget.bytes));
    }
    let bytes = |files: &Files| files.values().map(Vec::len).sum::<usize>() as f64;
    let repository = |what: &str, unit, values: (f64, Option<f64>), budget: u64, offenders| Figure {
        what: format!("repository, {what}"),
        unit,
        value: Value::Measured(values.0),
        before: values.1,
        budget: budget as f64,
        key: format!("repository.{what}"),
        offenders,
    };
    let offenders =
        largest(now).iter().map(|(path, bytes)| format!("{path} ({} KiB)", bytes / 1024)).collect();
    let values = (bytes(now), before.map(bytes));
    figures.push(repository("bytes", Unit::Bytes, values, budgets.repository.bytes, offenders));
    let (locked, earlier) = (locked(now)?, before.map(locked).transpose()?);
    let values = (locked.len() as f64, earlier.as_ref().map(|earlier| earlier.len() as f64));
    let added = locked.difference(&earlier.unwrap_or_default()).cloned().collect();
    figures.push(repository("packages", Unit::Crates, values, budgets.repository.packages, added));
    Ok(figures)
}

/// The packages in `Cargo.lock`, each as `name version`.
fn locked(files: &Files) -> Result<BTreeSet<String>> {
    let text = files.get("Cargo.lock").map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let lock: Table = text.parse().context("cannot read Cargo.lock")?;
    let packages = lock.get("package").and_then(|packages| packages.as_array()).into_iter().flatten();
    let word = |package: &toml::Value| {
        Some(format!("{} {}", package.get("name")?.as_str()?, package.get("version")?.as_str()?))
    };
    Ok(packages.filter_map(word).collect())
}

fn largest(files: &Files) -> Vec<(&str, usize)> {
    let mut sizes: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.len())).collect();
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    sizes.truncate(LARGEST);
    sizes
}

/// The crates that each feature of the facade adds to a facade without any.
fn of_features(shell: &Shell, files: &Files, budgets: &Budgets) -> Result<Vec<Figure>> {
    let manifest = files.get("wasi-facade/Cargo.toml").context("no wasi-facade/Cargo.toml")?;
    let manifest: Table = String::from_utf8_lossy(manifest).parse()?;
    let features =
        manifest.get("features").and_then(|features| features.as_table()).context("no features")?;
    let bare = ["--package", "wasi-facade", "--target", tree::COUNTED_FOR, "--no-default-features"];
    let without = tree::crates(shell, &bare, "normal,build")?;
    let mut figures = Vec::new();
    for feature in features.keys().filter(|feature| *feature != "default") {
        let choice = [bare.as_slice(), &["--features", feature]].concat();
        let graph = Graph::of(shell, &choice, "normal,build")?;
        let brings = |package: &str| graph.only_through(package.split(' ').next().unwrap_or_default()).len();
        let added = graph.crates().filter(|package| !without.contains(*package));
        let mut added: Vec<_> = added.map(|package| (package, brings(package))).collect();
        added.sort_by_key(|(_, brings)| std::cmp::Reverse(*brings));
        let (key, budget) = budgets::row(&budgets.feature, feature).with_context(|| {
            format!("neither [feature.{feature}] nor [feature.default] in {}", budgets::PLACE)
        })?;
        figures.push(Figure {
            what: format!("feature {feature}, crates added"),
            unit: Unit::Crates,
            value: Value::Measured(added.len() as f64),
            before: None,
            budget: budget.crates as f64,
            key: format!("feature.{key}.crates"),
            offenders: added.iter().map(|(package, brings)| format!("{package} ({brings} crates)")).collect(),
        });
    }
    Ok(figures)
}

/// The command, and what each proposal adds to it and to the time that it takes to compile.
fn of_proposals(shell: &Shell, rows: &[Descriptor], budgets: &Budgets) -> Result<Vec<Figure>> {
    let choice = ["--package", "wasi-facade", "--features", "cli"];
    let graph = Graph::of(shell, &choice, "normal,build")?;
    let (size, bytes) = command()?;
    let seconds = seconds(&graph)?;
    let mut figures = vec![Figure {
        what: "command, bytes".to_owned(),
        unit: Unit::Bytes,
        value: size.map_or_else(Value::Unknown, |bytes| Value::Measured(bytes as f64)),
        before: None,
        budget: budgets.binary.bytes as f64,
        key: "binary.bytes".to_owned(),
        offenders: bytes.as_ref().map_or_else(|_| Vec::new(), biggest),
    }];
    for row in rows {
        let name = row.name();
        let own = graph.only_through(&format!("wasi-{name}"));
        let (key, budget) = budgets::row(&budgets.proposal, name).with_context(|| {
            format!("neither [proposal.{name}] nor [proposal.default] in {}", budgets::PLACE)
        })?;
        let figure = |what: &str, share: Found<Share>, budget| {
            let (value, amount, offenders) = match share {
                Ok(share) => (Value::Measured(share.of_all), format!(" ({})", share.amount), share.largest),
                Err(reason) => (Value::Unknown(reason), String::new(), Vec::new()),
            };
            Figure {
                what: format!("proposal {name}, share of {what}{amount}"),
                unit: Unit::Share,
                value,
                before: None,
                budget,
                key: format!("proposal.{key}.{what}"),
                offenders,
            }
        };
        let of_seconds = seconds.as_ref().map(|seconds| compile::share(seconds, &own)).map_err(Clone::clone);
        figures.push(figure("compile", of_seconds, budget.compile));
        let of_bytes = bytes.as_ref().map(|bytes| symbols::share(bytes, &own)).map_err(Clone::clone);
        figures.push(figure("binary", of_bytes, budget.binary));
    }
    Ok(figures)
}

/// A figure, or why it is not measured.
type Found<T> = Result<T, String>;

/// The size of the release command, and its symbols.
fn command() -> Result<(Found<u64>, Found<symbols::Bytes>)> {
    let path = project::command();
    if !path.is_file() {
        ensure!(!project::in_ci(), "no release command; the step `command` builds it, and comes first");
        let reason = "there is no release command: `cargo xtask ci command` builds it".to_owned();
        return Ok((Err(reason.clone()), Err(reason)));
    }
    let executable = fs::read(&path)?;
    let bytes = symbols::of(&executable)?;
    // ELF has sizes of symbols; elsewhere they have none, or stand in a file of their own.
    let bytes = if bytes.values().any(|bytes| *bytes > 0) {
        Ok(bytes)
    } else {
        Err("its symbols have no sizes".to_owned())
    };
    Ok((Ok(executable.len() as u64), bytes))
}

/// Seconds of the newest build that was from nothing, among those that were timed.
fn seconds(graph: &Graph) -> Result<Found<compile::Seconds>> {
    let folder = project::target().join("cargo-timings");
    // Their names have the time in them.
    let mut pages: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    pages.sort_unstable();
    let mut reason = "no build with `--timings`: `cargo xtask ci command` makes one".to_owned();
    for page in pages.iter().rev().filter(|page| page.extension().is_some_and(|ending| ending == "html")) {
        let seconds = compile::parse(&fs::read_to_string(page)?)?;
        match compile::warm(&seconds, graph).len() {
            0 => return Ok(Ok(seconds)),
            left => reason = format!("the build was warm: {left} packages were there before"),
        }
    }
    Ok(Err(reason))
}

fn biggest(bytes: &BTreeMap<String, u64>) -> Vec<String> {
    let mut bytes: Vec<_> = bytes.iter().collect();
    bytes.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    bytes.iter().map(|(name, bytes)| format!("{name} ({} KiB)", **bytes / 1024)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Files, budgets, findings, locked, of_sources};

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_crate_that_grows_beyond_its_budget_is_named_with_its_largest_file() {
        let mut budgets = budgets::read().unwrap();
        let default = budgets.crates.get_mut("default").unwrap();
        (default.code, default.bytes) = (3, 1000);
        let before = files(&[("wasi-probe/Cargo.toml", ""), ("wasi-probe/src/lib.rs", "a\n")]);
        let now = files(&[("wasi-probe/Cargo.toml", ""), ("wasi-probe/src/lib.rs", "a\nb\nc\nd\n")]);
        assert!(findings(&of_sources(&before, Some(&before), &budgets).unwrap(), "here").is_empty());
        let figures = of_sources(&now, Some(&before), &budgets).unwrap();
        assert_eq!(figures[0].before, Some(1.0));
        let found = findings(&figures, "here");
        assert!(
            found[0].starts_with("wasi-probe, code: 4 of 3 at most; largest: wasi-probe/src/lib.rs"),
            "{found:?}"
        );
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_repository_that_grows_beyond_its_budget_is_named() {
        let mut budgets = budgets::read().unwrap();
        (budgets.repository.bytes, budgets.repository.packages) = (60, 1);
        let lock = "[[package]]\nname = 'a'\nversion = '1.0.0'\n";
        let two = format!("{lock}[[package]]\nname = 'b'\nversion = '2.0.0'\n");
        let (before, now) = (files(&[("Cargo.lock", lock)]), files(&[("Cargo.lock", &two)]));
        assert!(findings(&of_sources(&before, None, &budgets).unwrap(), "here").is_empty());
        let found = findings(&of_sources(&now, Some(&before), &budgets).unwrap(), "here");
        assert!(found[0].contains("largest: Cargo.lock"), "{found:?}");
        assert!(found[1].starts_with("repository, packages: 2 of 1 at most; largest: b 2.0.0"), "{found:?}");
        assert_eq!(locked(&now).unwrap().len(), 2);
    }
}

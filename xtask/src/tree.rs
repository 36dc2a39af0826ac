//! A part of the step `dependencies`: the crates that each crate must not have, asked of `cargo tree`.

use crate::metadata;
use crate::project;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use wasi_policy::matrix::PROPOSALS;
use xshell::{Shell, cmd};

/// The target for which crates are counted, so that the figures are the same wherever they are checked.
pub(crate) const COUNTED_FOR: &str = "x86_64-unknown-linux-gnu";

/// A crate with a choice of features, and what may not come in with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Boundary {
    package: String,
    features: Vec<String>,
    /// Names of crates; a trailing `*` stands for any ending.
    forbidden: Vec<String>,
    why: String,
}

/// What a proposal may not have in it: engines, backends, the other proposals, and what is built on them.
fn of_proposal(own: &str, proposals: &[String]) -> Boundary {
    let others = proposals.iter().filter(|other| *other != own).cloned();
    let always = ["wasmtime*", "cranelift*", "wasmi*", "tract*", "openvino*", "ort*", "wasi-facade"]
        .map(str::to_owned);
    Boundary {
        package: own.to_owned(),
        features: vec!["--all-features".to_owned()],
        forbidden: always.into_iter().chain(others).collect(),
        why: "a proposal runs on any engine and any backend, and stands apart from the other proposals"
            .to_owned(),
    }
}

/// Checks every boundary and says how many crates each choice pulls in.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let packages: Vec<_> = PROPOSALS.iter().map(|row| metadata::package(row.name())).collect();
    let table: BTreeMap<String, Vec<Boundary>> = toml::from_str(include_str!("../boundaries.toml"))?;
    let proposals = packages.iter().map(|package| of_proposal(package, &packages));
    let mut broken = Vec::new();
    for boundary in table.into_values().flatten().chain(proposals) {
        let mut args = vec!["--package", &boundary.package];
        args.extend(boundary.features.iter().map(String::as_str));
        let crates = crates(&shell, &args, "normal")?;
        let choice = boundary.features.join(" ");
        println!("{} {choice}: {} crates besides itself", boundary.package, crates.len().saturating_sub(1));
        for name in trespassers(&boundary, &crates) {
            broken.push(format!(
                "{0} {choice} depends on {name}: {1}; `cargo tree --package {0} {choice} --invert {name}` shows the way in",
                boundary.package, boundary.why
            ));
        }
    }
    if !broken.is_empty() {
        bail!("{} (the rules are in xtask/boundaries.toml and xtask/src/tree.rs)", broken.join("\n"));
    }
    Ok(())
}

/// The crates that a choice compiles, itself among them, each as `name version`.
///
/// `edges` are the kinds of dependencies that count, as `cargo tree` names them.
pub(crate) fn crates(shell: &Shell, choice: &[&str], edges: &str) -> Result<BTreeSet<String>> {
    let format = "{p}";
    let tree = cmd!(shell, "cargo tree {choice...} --edges {edges} --prefix none --format {format}")
        .quiet()
        .read()
        .with_context(|| format!("cargo tree {} fails", choice.join(" ")))?;
    Ok(parse(&tree))
}

/// The crates in the output of `cargo tree`, each as `name version`.
fn parse(tree: &str) -> BTreeSet<String> {
    tree.lines().filter_map(package).collect()
}

fn package(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    Some(format!("{} {}", words.next()?, words.next()?))
}

fn trespassers<'a>(boundary: &Boundary, crates: &'a BTreeSet<String>) -> Vec<&'a str> {
    let names = crates.iter().filter_map(|line| line.split(' ').next());
    names.filter(|name| boundary.forbidden.iter().any(|pattern| matches(pattern, name))).collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{matches, of_proposal, parse, trespassers};

    #[test]
    fn a_crate_seen_twice_counts_once() {
        let crates = parse("a v1.0.0 (/somewhere/a)\nb v2.0.0\nb v2.0.0 (*)\nb v3.0.0\n");
        assert_eq!(crates.into_iter().collect::<Vec<_>>(), ["a v1.0.0", "b v2.0.0", "b v3.0.0"]);
    }

    #[test]
    fn a_trespasser_is_named() {
        let packages = ["wasi-a", "wasi-b"].map(str::to_owned);
        let boundary = of_proposal("wasi-a", &packages);
        let crates = parse("wasi-a v1\nwasi-b v1\nwasmtime-environ v48\nwasi-policy v1");
        assert_eq!(trespassers(&boundary, &crates), ["wasi-b", "wasmtime-environ"]);
        assert!(matches("wasmtime*", "wasmtime") && !matches("rustix", "rustix-futex-sync"));
    }
}

//! `cargo xtask tree`: the dependencies that each crate must not have, asked of `cargo tree`.

use crate::metadata;
use crate::project;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use wasi_policy::matrix::PROPOSALS;
use xshell::{Shell, cmd};

/// The target for which crates are counted, so that the figures are the same wherever they are checked.
pub(crate) const COUNTED_FOR: &str = "x86_64-unknown-linux-gnu";

/// A crate with a choice of features, and what may not come in with it.
#[derive(Clone, Copy)]
struct Boundary<'a> {
    package: &'a str,
    features: &'static [&'static str],
    /// Names of crates; a trailing `*` stands for any ending.
    forbidden: &'a [&'a str],
    why: &'static str,
}

const BOUNDARIES: &[Boundary<'static>] = &[
    boundary(
        "wasi-policy",
        &["--no-default-features"],
        &["wasmtime*", "cranelift*", "wasmi*", "cap-*", "system-interface", "rustix", "windows-sys", "libc"],
        "the policy knows neither an engine nor an operating system",
    ),
    boundary(
        "wasi-engine-wasmi",
        &[],
        &["wasmtime*", "cranelift*", "cap-*", "wasi-snapshot", "wasi-nn*"],
        "an adapter brings its engine and nothing else",
    ),
    boundary(
        "wasi-engine-wasmtime",
        &[],
        &["wasmi*", "cranelift-codegen", "cap-*", "wasi-snapshot", "wasi-nn*"],
        "an adapter brings its engine and nothing else, and the engine without its compiler",
    ),
    boundary(
        "wasi-facade",
        &["--no-default-features", "--features", "snapshot,wasmi"],
        &["wasmtime*", "cranelift*", "wasi-nn*", "tract*", "openvino*", "clap*", "tokio"],
        "whoever embeds the interpreter must not compile the compiler, nor inference, nor the command",
    ),
    boundary(
        "wasi-facade",
        &["--no-default-features", "--features", "nn,wasmi"],
        &["wasmtime*", "cranelift*", "wasi-snapshot", "tract*", "openvino*", "clap*"],
        "whoever interprets guests and infers on a backend of their own compiles neither of ours",
    ),
    boundary(
        "wasi-facade",
        &["--features", "wat,cache"],
        &["wasi-nn*", "tract*", "openvino*", "tokio"],
        "inference brings large engines, and a runtime of tasks nobody needs; who asks for none compiles none",
    ),
    boundary(
        "wasi-facade",
        &["--features", "nn"],
        &["tract*", "openvino*"],
        "who brings a backend of their own compiles none of ours",
    ),
    boundary(
        "wasi-facade",
        &["--features", "nn-onnx"],
        &["openvino*"],
        "the embedded engine needs nothing native",
    ),
];

const fn boundary<'a>(
    package: &'a str,
    features: &'static [&'static str],
    forbidden: &'a [&'a str],
    why: &'static str,
) -> Boundary<'a> {
    Boundary { package, features, forbidden, why }
}

/// What none of these packages, the proposals, may have in it: engines, backends, the others, and what is built on them.
fn beyond<'a>(own: &str, proposals: &'a [String]) -> Vec<&'a str> {
    let others = proposals.iter().map(String::as_str).filter(|other| *other != own);
    let always = ["wasmtime*", "cranelift*", "wasmi*", "tract*", "openvino*", "wasi-facade"];
    always.into_iter().chain(others).collect()
}

/// Checks every boundary and says how many crates each choice pulls in.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let packages: Vec<_> = PROPOSALS.iter().map(|row| metadata::package(row.name())).collect();
    let beyond: Vec<_> = packages.iter().map(|package| beyond(package, &packages)).collect();
    let proposals = packages.iter().zip(&beyond).map(|(package, forbidden)| Boundary {
        package,
        features: &["--all-features"],
        forbidden,
        why: "a proposal runs on any engine and any backend, and stands apart from the other proposals",
    });
    let mut broken = Vec::new();
    for boundary in BOUNDARIES.iter().copied().chain(proposals) {
        let mut args = vec!["--package", boundary.package];
        args.extend(boundary.features);
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
        bail!("{} (the rules are in xtask/src/tree.rs)", broken.join("\n"));
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

fn trespassers<'a>(boundary: &Boundary<'_>, crates: &'a BTreeSet<String>) -> Vec<&'a str> {
    let names = crates.iter().filter_map(|line| line.split(' ').next());
    names.filter(|name| boundary.forbidden.iter().any(|pattern| matches(pattern, name))).collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{Boundary, beyond, matches, parse, trespassers};

    #[test]
    fn a_crate_seen_twice_counts_once() {
        let crates = parse("a v1.0.0 (/somewhere/a)\nb v2.0.0\nb v2.0.0 (*)\nb v3.0.0\n");
        assert_eq!(crates.into_iter().collect::<Vec<_>>(), ["a v1.0.0", "b v2.0.0", "b v3.0.0"]);
    }

    #[test]
    fn a_trespasser_is_named() {
        let packages = ["wasi-a", "wasi-b"].map(str::to_owned);
        let beyond = beyond("wasi-a", &packages);
        let boundary = Boundary { package: "wasi-a", features: &[], forbidden: &beyond, why: "" };
        let crates = parse("wasi-a v1\nwasi-b v1\nwasmtime-environ v48\nwasi-policy v1");
        assert_eq!(trespassers(&boundary, &crates), ["wasi-b", "wasmtime-environ"]);
        assert!(matches("wasmtime*", "wasmtime") && !matches("rustix", "rustix-futex-sync"));
    }
}

//! `cargo xtask lines`: the adapters for engines that the workspace does not have, tested with all guests.
//!
//! Cargo takes no two packages of one name in a workspace, so each line is tested in a copy of it below `target/lines`,
//! whose manifests ask for another release. All copies compile into one folder, since they share most dependencies.

mod copy;
pub(crate) mod moved;
mod toolchain;

use crate::project;
use anyhow::{Context, Result, ensure};
use copy::Copy;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use xshell::{Cmd, Shell, cmd};

/// The lines of every change: an old one and a new one.
pub(crate) const OF_EVERY_CHANGE: [&str; 2] = ["wasmi-1", "wasmtime-49"];

/// What `--bench` runs, and what it is compiled with.
const BENCH: &[&str] = &["--release", "--package", "engine-tests", "--example", "host_calls"];

/// A line of an engine, as `engines/lines.toml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    requirement: String,
    rust: String,
    compiler: Option<String>,
    features: Option<Vec<String>>,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    tests: toml::Table,
}

impl Line {
    /// The oldest Rust that it is used with.
    fn oldest(&self) -> &str {
        self.compiler.as_ref().unwrap_or(&self.rust)
    }
}

/// The version of a compiler, as far as manifests name it.
type Version = (u32, u32);

fn lines() -> Result<BTreeMap<String, Line>> {
    let path = project::root().join("engines/lines.toml");
    Ok(toml::from_str(&fs::read_to_string(path)?)?)
}

/// Prints the lines.
pub(crate) fn list() -> Result<()> {
    for (name, line) in lines()? {
        println!("{name}: {}, from Rust {}", line.requirement, line.rust);
    }
    Ok(())
}

/// What a run does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// All tests but the smoke test of `wasi-nn`, whose backend compiles for minutes.
    Short,
    /// All tests.
    Whole,
    /// No test: it measures what a host call costs.
    Measured,
}

/// Tests the named lines, or all; gives those that no compiler here can run, with the reason.
pub(crate) fn run(names: &[String], extent: Extent) -> Result<Vec<String>> {
    let all = lines()?;
    for name in names {
        ensure!(all.contains_key(name), "no line {name:?}; `cargo xtask lines --list` has them all");
    }
    let mut skipped = Vec::new();
    for (name, line) in all.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        println!("--> {name}");
        if let Some(reason) = test(name, line, extent).with_context(|| format!("the line {name}"))? {
            println!("skipped: {reason}");
            skipped.push(format!("{name}: {reason}"));
        }
    }
    Ok(skipped)
}

/// Packs the adapter of each line as a registry would get it.
pub(crate) fn package(shell: &Shell) -> Result<()> {
    // That with an older compiler is the workspace's own, whose manifest says another Rust there.
    for (name, line) in lines()?.into_iter().filter(|(_, line)| line.compiler.is_none()) {
        let copy = Copy::make(&name, &line, false)?;
        // With what it needs of ours, which the registry may not have yet.
        let packages = ["--package", "wasi-policy", "--package", copy.adapter()];
        let package = ["package", "--no-verify", "--allow-dirty"];
        Cargo::of_workspace(shell, &copy).command(&[&package[..], &packages].concat()).run()?;
    }
    Ok(())
}

/// Runs the tests of a line; or checks it, and says why that is all.
fn test(name: &str, line: &Line, extent: Extent) -> Result<Option<String>> {
    let shell = project::shell()?;
    let copy = Copy::make(name, line, extent == Extent::Whole && line.compiler.is_none())?;
    let mut cargo = Cargo::of_workspace(&shell, &copy);
    // Tests ask Cargo where a package is, without the network: all that the copy locks has to be there.
    cargo.command(&["fetch"]).run()?;
    if let Some(version) = &line.compiler {
        cargo.rustc = toolchain::debian(&shell, version)?;
        if cargo.rustc.is_none() {
            return Ok(Some(format!("no Rust {version} can be had here")));
        }
        // The whole suites, as far as they need neither a backend nor an engine.
        let nn = ["--package", "wasi-nn-host", "--test", "calls"];
        let snapshot = ["--package", "wasi-snapshot", "--lib", "--test", "calls", "--test", "resources"];
        for tests in [&["--package", "wasi-policy", "--tests"][..], &snapshot, &nn] {
            cargo.command(&[&["test"], tests].concat()).run()?;
        }
        return Ok(None);
    }
    let is_newer = version(&line.rust)? > ours(&shell)?;
    // With one compiler for both lines of every change, what they share compiles once.
    if is_newer || extent == Extent::Short {
        cargo.rustc = toolchain::debian(&shell, toolchain::NEWEST)?;
    }
    if is_newer {
        cargo.is_old = cargo.rustc.is_none() || version(&line.rust)? > version(toolchain::NEWEST)?;
        if cargo.is_old {
            return checked(&cargo, line).map(Some);
        }
    }
    if extent == Extent::Measured {
        cargo.command(&[&["run"], BENCH].concat()).run()?;
        return Ok(None);
    }
    cargo.command(&["test", "--package", "engine-tests", "--test", "adapters"]).run()?;
    // Of the proposals, what goes through an engine: their smoke tests and all guests.
    let guests = ["--", "engines::", "through_every_engine", "a_guest_answers_in_each_engine"];
    for proposal in ["wasi-snapshot", "wasi-nn-host"] {
        let tests = ["test", "--package", proposal, "--test", "calls"];
        cargo.command(&[&tests[..], &guests].concat()).run()?;
        if proposal == "wasi-snapshot" || extent != Extent::Short {
            cargo.command(&["test", "--package", proposal, "--test", "smoke"]).run()?;
        }
    }
    for example in copy.examples()? {
        cargo.command(&["run", "--package", copy.adapter(), "--example", &example]).run()?;
    }
    Ok(None)
}

/// Checks the adapter of a line with a compiler that is older than the line asks for, and says how far that gets.
fn checked(cargo: &Cargo<'_>, line: &Line) -> Result<String> {
    let check = ["check", "--package", cargo.copy.adapter()];
    let ended = match cargo.command(&check).run() {
        Ok(()) => "passes `cargo check` on the newest that is here",
        Err(_) => "does not pass `cargo check` on the newest that is here, for the reasons above",
    };
    Ok(format!("it asks for Rust {}, and its adapter {ended}", line.rust))
}

/// Cargo in a copy, with a compiler.
struct Cargo<'c> {
    shell: &'c Shell,
    copy: &'c Copy,
    /// That of the workspace unless it is named.
    rustc: Option<PathBuf>,
    /// It is older than some package says it has to be.
    is_old: bool,
}

impl<'c> Cargo<'c> {
    fn of_workspace(shell: &'c Shell, copy: &'c Copy) -> Self {
        Cargo { shell, copy, rustc: None, is_old: false }
    }

    fn command(&self, arguments: &[&str]) -> Cmd<'c> {
        let manifest = self.copy.folder().join("Cargo.toml");
        let ignore = self.is_old.then_some("--ignore-rust-version");
        let (subcommand, rest) =
            arguments.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
        let mut command =
            cmd!(self.shell, "cargo {subcommand} {ignore...} --manifest-path {manifest} {rest...}")
                .env("CARGO_TARGET_DIR", project::target().join("lines").join("target"))
                .env("CARGO_INCREMENTAL", "0");
        if let Some(rustc) = &self.rustc {
            command = command.env("RUSTC", rustc);
        }
        command
    }
}

/// The version of the workspace's compiler.
fn ours(shell: &Shell) -> Result<Version> {
    let said = cmd!(shell, "rustc --version").quiet().read()?;
    version(said.split(' ').nth(1).context("rustc says no version")?)
}

/// The first two numbers of a version.
fn version(text: &str) -> Result<Version> {
    let mut numbers = text.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => anyhow::bail!("{text:?} is no version"),
    }
}

#[cfg(test)]
mod tests {
    use super::{OF_EVERY_CHANGE, lines, version};

    #[test]
    fn every_line_asks_for_a_release_of_its_major() {
        let lines = lines().unwrap();
        for (name, line) in &lines {
            let (_, major) = name.rsplit_once('-').unwrap();
            assert!(line.requirement.starts_with(&format!("{major}.")), "{name}");
            version(&line.rust).unwrap();
        }
        assert!(OF_EVERY_CHANGE.iter().all(|name| lines.contains_key(*name)));
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(version("1.100").unwrap() > version("1.97.0").unwrap());
        version("nightly").unwrap_err();
    }
}

//! `cargo xtask platforms`: what a Linux machine can show of other targets, as `xtask/elsewhere.toml` has it.
//!
//! Debian has a compiler whose sources of the standard library Cargo can build for any target. What it builds is run by
//! Wine or qemu where these can, and a test that they cannot run is listed with the reason: a machine of that system has
//! to run it, which `cargo xtask platforms --owed` does.

mod table;

use crate::{e2e, project, setup, tools};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;
use table::{Table, Target, Work};
use wasi_policy::matrix::PROPOSALS;
use xshell::{Cmd, cmd};

const RUSTC: &str = "/usr/bin/rustc";
const CLIPPY: &str = "/usr/bin/clippy-driver";

/// Warnings are errors, but for one that overlooks `const` where threads have their own variables by calls of the system.
const LINTS: &str = "-Dwarnings__CLIPPY_HACKERY__-Aclippy::missing_const_for_thread_local__CLIPPY_HACKERY__";

/// Which part of the table is at hand.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    EveryChange,
    Whole,
}

/// What was done for a target.
#[derive(Default)]
struct Tally {
    /// Runs of Cargo.
    built: usize,
    /// Tests that passed.
    ran: usize,
    /// How many tests were left out, and why.
    skipped: Vec<String>,
}

/// Builds and runs the part, for the named targets or all; prints a line for each, and gives the reasons of those skipped.
pub(crate) fn run(names: &[String], extent: Extent) -> Result<Vec<String>> {
    let table = table::read()?;
    let (mut lines, mut skips) = (Vec::new(), Vec::new());
    for target in table.target.iter().filter(|target| target.part(extent).next().is_some()) {
        if !names.is_empty() && !names.contains(&target.triple) {
            continue;
        }
        let start = Instant::now();
        let triple = &target.triple;
        match of_target(&table, target, extent).with_context(|| format!("the target {triple}"))? {
            Ok(Tally { built, ran, skipped }) => {
                let tests = match &target.by {
                    Some(by) => format!("{ran} tests passed {by}"),
                    None => "nothing here runs its programs".to_owned(),
                };
                let (linker, seconds) = (if target.zig { " and zig" } else { "" }, start.elapsed().as_secs());
                lines.push(format!(
                    "{triple}: {built} builds and checks by Debian's Rust{linker}, {tests}, {seconds} s"
                ));
                lines.extend(skipped);
            }
            Err(reason) => skips.push(format!("{triple}: skipped: {reason}")),
        }
    }
    lines.extend_from_slice(&skips);
    ensure!(!lines.is_empty(), "{} has no such target", table::PLACE);
    println!("{}", lines.join("\n"));
    Ok(skips)
}

/// Runs the tests that the lists leave to a machine of this system: all of them, since each shows something else.
pub(crate) fn owed() -> Result<()> {
    let (shell, table) = (project::shell()?, table::read()?);
    let mine = table.target.iter().filter(|target| target.system == std::env::consts::OS);
    let mut failed = 0;
    for work in mine.flat_map(|target| &target.work) {
        let (arguments, names) = (work.arguments(), work.owed());
        if !names.is_empty() {
            let listed = arguments.clone();
            there(&names, &cmd!(shell, "cargo test {listed...} -- --list").read()?)?;
            let run = cmd!(shell, "cargo test --no-fail-fast {arguments...} -- --exact {names...}");
            failed += usize::from(run.run().is_err());
        }
    }
    ensure!(failed == 0, "{failed} runs of tests that only this system can run failed");
    Ok(())
}

/// Does the work of one target; the inner error is the reason why nothing can.
fn of_target(table: &Table, target: &Target, extent: Extent) -> Result<Result<Tally, String>> {
    if let Some(reason) = missing(table, target)? {
        return Ok(Err(reason));
    }
    let shell = project::shell()?;
    let mut zig = None;
    if target.zig {
        let ours = |package, path| tools::program(&shell, package, path);
        let (Some(compiler), Some(build)) =
            (ours("ziglang", "ziglang/zig")?, ours("cargo-zigbuild", "bin/cargo-zigbuild")?)
        else {
            return Ok(Err("what stands for its linker could not be fetched".to_owned()));
        };
        shell.set_var("CARGO_ZIGBUILD_ZIG_PATH", compiler);
        zig = Some(build);
    }
    let parent = project::target().join("elsewhere");
    let place = parent.join(&target.triple);
    // Disks are small: one target at a time.
    shell.create_dir(&place)?;
    for other in shell.read_dir(&parent)?.into_iter().filter(|other| *other != place) {
        shell.remove_path(other)?;
    }
    let filled = |text: &str| text.replace("{place}", &place.display().to_string());
    for (name, value) in &target.env {
        shell.set_var(name, filled(value));
    }
    if let Some(first) = target.first.as_deref().map(filled) {
        cmd!(shell, "sh -ec {first}").run()?;
    }
    let mut tally = Tally::default();
    for work in target.part(extent) {
        let cargo = |subcommand: &str| {
            let place = place.as_os_str();
            let (triple, arguments) = (&target.triple, work.arguments());
            let program = zig.as_deref().unwrap_or(Path::new("cargo"));
            let standard = "-Zbuild-std=std,panic_unwind,test";
            cmd!(
                shell,
                "{program} {subcommand} {standard} --target {triple} --target-dir {place} {arguments...}"
            )
            .env("RUSTC", RUSTC)
            .env("RUSTC_BOOTSTRAP", "1")
        };
        match work.task.as_str() {
            "clippy" => {
                // As `cargo clippy` does it, which here would be that of another compiler.
                cargo("check").env("RUSTC_WORKSPACE_WRAPPER", CLIPPY).env("CLIPPY_ARGS", LINTS).run()?;
            }
            "link" => cargo(if zig.is_some() { "zigbuild" } else { "build" }).run()?,
            "programs" => {
                let names: Vec<_> = work.arguments().map(str::to_owned).collect();
                tally.ran += e2e::through(&place.join("wasi"), true, &names, PROPOSALS)?;
            }
            "test" => test(work, cargo("test"), cargo("test"), &mut tally)?,
            other => bail!("{} knows no task {other:?}", table::PLACE),
        }
        tally.built += 1;
        let reasons = work.cannot.iter();
        tally.skipped.extend(reasons.map(|one| format!("  skipped {}: {}", one.names().count(), one.reason)));
    }
    Ok(Ok(tally))
}

/// Runs the tests but for those that cannot run, each of which has to be there.
fn test(work: &Work, list: Cmd<'_>, run: Cmd<'_>, tally: &mut Tally) -> Result<()> {
    let skipped = work.skipped();
    let known = there(&skipped, &list.args(["--", "--list"]).read()?)?;
    run.args(["--", "--exact"]).args(skipped.iter().flat_map(|name| ["--skip", name])).run()?;
    tally.ran += known - skipped.len();
    Ok(())
}

/// Makes sure that the tests are among those listed, and says how many are.
fn there(names: &[String], listed: &str) -> Result<usize> {
    let known: BTreeSet<_> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let unknown: Vec<_> = names.iter().filter(|name| !known.contains(name.as_str())).collect();
    ensure!(
        unknown.is_empty(),
        "{} names tests that are not there: {unknown:?}; take them off",
        table::PLACE
    );
    Ok(known.len())
}

/// Why this machine cannot build for the target, if it cannot. Continuous integration installs what is missing.
fn missing(table: &Table, target: &Target) -> Result<Option<String>> {
    let absent = || {
        let programs = [RUSTC, CLIPPY].into_iter().chain(target.programs.iter().map(String::as_str));
        programs.filter(|program| !Path::new(program).exists()).map(str::to_owned).next()
    };
    if absent().is_some() && project::in_ci() && setup::is_debian() {
        setup::install(&table.packages([target]))?;
    }
    let reason =
        |program| format!("{program} is not here; `cargo xtask setup --system` installs it on Debian 12");
    Ok(absent().map(reason))
}

/// Debian's packages for all targets.
pub(crate) fn packages() -> Result<Vec<String>> {
    let table = table::read()?;
    Ok(table.packages(&table.target))
}

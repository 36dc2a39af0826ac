//! The steps that run tests: built once, then a suite at a time, then some of them again.

use super::Session;
use crate::suites;
use crate::suites::build::{Executable, executables};
use crate::{flakes, project, untested};
use anyhow::{Context, Result, ensure};
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;
use wasi_policy::Descriptor;
use xshell::cmd;

/// Runs the suite that the session is at.
pub(super) fn run(session: &mut Session) -> Result<()> {
    let suite = session.suite;
    session.skipped = untested::reason(session.proposals, suite);
    if session.skipped.is_some() {
        return Ok(());
    }
    let mut failures = Vec::new();
    for executable in programs(session)? {
        if suites::of(&executable.package, session.proposals) != suite {
            continue;
        }
        let Some(skips) = suites::skips(&executable, session.proposals) else { continue };
        let name = executable.name();
        print!("{name:24} ");
        // The name of a program that hangs is the one thing to know about it.
        io::stdout().flush()?;
        let start = Instant::now();
        match suites::run::run(&executable, &skips) {
            Ok(sum) => println!("{:6.1} s  {sum} {}", start.elapsed().as_secs_f64(), skips.join(" ")),
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n  "));
    Ok(())
}

/// Builds the documentation, and runs the examples in it, which one process does for all crates at once.
pub(super) fn docs(session: &mut Session) -> Result<()> {
    let whole = project::WHOLE;
    // As docs.rs has it, which shows the calls.
    let _flags = session.shell.push_env("RUSTDOCFLAGS", "-D warnings --cfg docsrs");
    cmd!(session.shell, "cargo doc {whole...} --no-deps --document-private-items").run()?;
    let mut skips = Vec::new();
    for package in project::packages(&session.shell)?.0 {
        if suites::skips_examples(package["name"].as_str().unwrap_or_default(), session.proposals) {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
            let folder = manifest.parent().and_then(|folder| folder.strip_prefix(project::root()).ok());
            let folder = folder.with_context(|| format!("{} is elsewhere", manifest.display()))?;
            println!("skipped the examples in {}: they need a proposal that is untested", folder.display());
            // Their names begin with the path of their file.
            skips.extend(["--skip".to_owned(), format!("{}/", folder.display())]);
        }
    }
    Ok(cmd!(session.shell, "cargo test {whole...} --doc --no-fail-fast -- {skips...}").run()?)
}

/// Repeats some of the programs, which the commit decides.
pub(super) fn repeat(session: &mut Session) -> Result<()> {
    /// Once more for the order, and once more for chance.
    const ROUNDS: usize = 2;
    let commit = cmd!(session.shell, "git rev-parse HEAD").quiet().read()?;
    let seed = commit.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let seed = seed.with_context(|| format!("git names the commit {commit:?}"))?;
    println!("the commit chooses: `cargo xtask ci flakes` repeats the same tests in the same order");
    let chosen = flakes::sample(&programs(session)?, seed);
    flakes::repeat(&chosen, session.proposals, ROUNDS, seed)
}

/// All programs of tests, built and looked at when they are first asked for.
fn programs(session: &mut Session) -> Result<Vec<Executable>> {
    if session.programs.is_empty() {
        let built = executables(&session.shell)?;
        let bare = without_tests(&built, session.proposals);
        ensure!(
            bare.is_empty(),
            "no tests for {}; a proposal NAME has them in the crate wasi-NAME",
            bare.join(", ")
        );
        let idle = suites::idle_needs(&built, suites::run::list)?;
        ensure!(
            idle.is_empty(),
            "{}; name the tests anew in xtask/src/suites.rs, or remove the row",
            idle.join(", ")
        );
        session.programs = built;
    }
    Ok(session.programs.clone())
}

fn without_tests(built: &[Executable], proposals: &[Descriptor]) -> Vec<&'static str> {
    let has_tests = |name: &&str| built.iter().any(|one| suites::of(&one.package, proposals) == *name);
    proposals.iter().map(Descriptor::name).filter(|name| !has_tests(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::without_tests;
    use crate::suites::build::Executable;
    use wasi_policy::{Descriptor, Stage};

    #[test]
    fn a_proposal_without_tests_is_named() {
        let built = ["wasi-nn", "xtask"].map(|package| Executable::made_up(package, "lib"));
        let rows = [Descriptor::new("nn", Stage::Two), Descriptor::new("new", Stage::Zero)];
        assert_eq!(without_tests(&built, &rows), ["new"]);
    }
}

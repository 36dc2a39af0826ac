//! `cargo xtask flakes`: runs tests again and again, in random order and on a busy machine, and reports each test that
//! does not answer the same every time.
//!
//! Stable Rust runs the tests of a program in the order of their names. So they are split into batches that are
//! shuffled with those of all other programs, and a batch runs by the names of its tests. The seed is printed, and
//! with it the same batches come again.

mod batches;
mod load;
mod sample;
mod tally;

pub(crate) use sample::sample;
pub(crate) use tally::Tally;

use crate::project;
use crate::suites::build::Executable;
use crate::suites::report::Report;
use crate::suites::{self, Scope};
use anyhow::{Context, Result, ensure};
use batches::Batch;
use std::fs;
use std::time::{Duration, Instant};
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;

/// A program, and those of its tests that are repeated.
pub(crate) struct Chosen {
    pub(crate) executable: Executable,
    pub(crate) tests: Vec<String>,
}

/// Repeats the suite of a proposal, or all suites, `rounds` times.
pub(crate) fn run(suite: Option<&str>, rounds: usize, seed: Option<u64>) -> Result<()> {
    let suites = suites::names(PROPOSALS);
    if let Some(name) = suite {
        ensure!(suites.contains(&name), "no suite {name:?}; there are {}", suites.join(", "));
    }
    ensure!(rounds > 1, "one answer is always the same as itself; ask for two rounds or more");
    let shell = project::shell()?;
    let mut chosen = choose(&suites::build::executables(&shell)?, PROPOSALS)?;
    chosen.retain(|one| suite.is_none_or(|name| suites::of(&one.executable.package, PROPOSALS) == name));
    let mut tally = Tally::default();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}; `--seed {seed}` makes the same batches of the same tests again");
    repeat(&chosen, rounds, seed, &mut tally)?;
    Report { proposals: PROPOSALS, measured: &[], flakes: Some(&tally) }.write()?;
    tally.judge()
}

/// All tests of these programs that may run.
pub(crate) fn choose(executables: &[Executable], proposals: &[Descriptor]) -> Result<Vec<Chosen>> {
    let mut chosen = Vec::new();
    for executable in executables {
        match suites::scope(executable, proposals) {
            Scope::Nothing(proposal) => {
                println!("skipped {}: `{proposal}` is untested", executable.name());
            }
            Scope::Without(beginnings) => {
                let mut tests = suites::run::list(executable)?;
                tests.retain(|test| !beginnings.iter().any(|beginning| test.starts_with(beginning)));
                chosen.push(Chosen { executable: executable.clone(), tests });
            }
        }
    }
    Ok(chosen)
}

/// Runs all tests of `chosen` in each round, and records their answers.
pub(crate) fn repeat(chosen: &[Chosen], rounds: usize, seed: u64, tally: &mut Tally) -> Result<()> {
    let folder = project::target().join("report").join("flakes");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let _busy = load::Busy::start();
    for round in 1..=rounds {
        let start = Instant::now();
        let batches = batches::split(chosen, &mut random);
        for (number, batch) in batches.iter().enumerate() {
            let ran = suites::run::run(&batch.chosen.executable, &batch.arguments())?;
            let name = batch.chosen.executable.name();
            let file = folder.join(format!("{round}-{number}-{}.txt", name.replace(':', "-")));
            if tally.record(&name, &batch.tests, &ran, &file) {
                fs::create_dir_all(&folder)?;
                fs::write(&file, &ran.output).with_context(|| format!("cannot write {}", file.display()))?;
            }
        }
        println!("round {round} of {rounds}: {}", describe(&batches, start.elapsed()));
    }
    Ok(())
}

fn describe(batches: &[Batch<'_>], took: Duration) -> String {
    let tests: usize = batches.iter().map(|batch| batch.tests.len()).sum();
    format!("{tests} tests in {} batches, {:.1} s", batches.len(), took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn an_unknown_suite_is_an_error() {
        let error = run(Some("nnn"), 2, None).unwrap_err().to_string();
        assert!(error.starts_with("no suite \"nnn\"; there are snapshot, nn"), "{error}");
    }

    #[test]
    fn one_round_finds_no_flake() {
        let error = run(None, 1, None).unwrap_err().to_string();
        assert!(error.ends_with("ask for two rounds or more"), "{error}");
    }
}

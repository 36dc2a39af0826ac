//! `cargo xtask flakes`: runs tests again and again in random order, and reports those that fail then.
//!
//! The order is libtest's own, by a seed that is printed, and so is the number of threads. Shuffling is not stable yet,
//! so the programs are told that they may; nothing is compiled in another way.

use crate::project;
use crate::suites::{self, build::Executable};
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;

/// One test at a time, as many as a small machine has cores, and more than any of them.
const THREADS: &[usize] = &[1, 2, 4, 16];

/// One program in so many is repeated at each change, besides the smoke tests.
const SHARE: u64 = 12;

/// Repeats the suite of a proposal, or all suites, `rounds` times.
pub(crate) fn run(suite: Option<&str>, rounds: usize, seed: Option<u64>) -> Result<()> {
    let suites = suites::names(PROPOSALS);
    if let Some(name) = suite {
        ensure!(suites.contains(&name), "no suite {name:?}; there are {}", suites.join(", "));
    }
    let mut chosen = suites::build::executables(&project::shell()?)?;
    chosen.retain(|one| suite.is_none_or(|name| suites::of(&one.package, PROPOSALS) == name));
    repeat(&chosen, PROPOSALS, rounds, seed.unwrap_or_else(|| fastrand::u64(..)))
}

/// The smoke tests, and a share of the other programs that `seed` decides: few enough for each change.
pub(crate) fn sample(executables: &[Executable], seed: u64) -> Vec<Executable> {
    let is_chosen = |(at, one): &(u64, &Executable)| one.target == "smoke" || at % SHARE == seed % SHARE;
    (0..).zip(executables).filter(is_chosen).map(|(_, one)| one.clone()).collect()
}

/// Runs all tests of `chosen` that may run, `rounds` times, and fails with the programs of which one failed.
pub(crate) fn repeat(chosen: &[Executable], rows: &[Descriptor], rounds: usize, seed: u64) -> Result<()> {
    println!("seed {seed}; `cargo xtask flakes --seed {seed}` runs tests in the same order again");
    let (mut random, mut findings) = (Rng::with_seed(seed), Vec::new());
    for executable in chosen {
        let Some(skips) = suites::skips(executable, rows) else { continue };
        for _ in 0..rounds {
            findings.extend(shuffled(executable, &skips, &mut random).err());
        }
        println!("{} {rounds} times", executable.name());
    }
    let findings: Vec<_> = findings.iter().map(|error| format!("{error:#}")).collect();
    ensure!(
        findings.is_empty(),
        "tests fail in random order, and may pass in their own:\n  {}",
        findings.join("\n  ")
    );
    Ok(())
}

fn shuffled(executable: &Executable, arguments: &[String], random: &mut Rng) -> Result<()> {
    let (order, threads) = (random.u32(..), random.choice(THREADS).unwrap_or(&1));
    let flags = format!("-Zunstable-options --shuffle-seed={order} --test-threads={threads}");
    let arguments: Vec<_> = flags.split(' ').map(str::to_owned).chain(arguments.iter().cloned()).collect();
    suites::run::run(executable, &arguments).map(drop).with_context(|| flags)
}

#[cfg(test)]
mod tests {
    use super::{SHARE, run, sample, shuffled};
    use crate::suites::{self, build::Executable};
    use fastrand::Rng;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn smoke_tests_are_repeated_each_time_and_the_others_in_turn() {
        let mut all: Vec<_> = (0..30).map(|number| Executable::made_up("a", &number.to_string())).collect();
        all.insert(5, Executable::made_up("a", "smoke"));
        let samples = (0..SHARE).map(|seed| sample(&all, seed));
        let has_smoke =
            |sample: &Vec<Executable>| sample.len() <= 4 && sample.iter().any(|one| one.target == "smoke");
        assert!(samples.clone().all(|sample| has_smoke(&sample)));
        let seen: BTreeSet<_> = samples.flatten().map(|one| one.target).collect();
        assert_eq!(seen.len(), all.len());
    }

    static IS_FIRST: AtomicBool = AtomicBool::new(true);

    #[test]
    #[ignore = "the test below runs it"]
    fn order_1() {
        IS_FIRST.store(false, Ordering::SeqCst);
    }

    #[test]
    #[ignore = "the test below runs it, and it fails in some orders"]
    fn order_2() {
        assert!(!IS_FIRST.load(Ordering::SeqCst));
    }

    #[test]
    fn tests_that_need_an_order_are_found() {
        let ours = Executable::made_up("a", "order");
        let only =
            ["--ignored", "--exact", "flakes::tests::order_1", "flakes::tests::order_2"].map(str::to_owned);
        let natural = [only.as_slice(), &["--test-threads=1".to_owned()]].concat();
        suites::run::run(&ours, &natural).unwrap();
        let mut random = Rng::with_seed(1);
        let mut errors = (0..8).filter_map(|_| shuffled(&ours, &only, &mut random).err());
        let error = format!("{:#}", errors.next().unwrap());
        assert!(error.contains("failed: flakes::tests::order_2; "), "{error}");
        let error = run(Some("nnn"), 2, None).unwrap_err().to_string();
        assert!(error.starts_with("no suite \"nnn\"; there are snapshot, nn"), "{error}");
    }
}

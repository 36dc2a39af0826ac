//! `cargo xtask flakes`: runs tests again and again in random order, and reports those that fail then.
//!
//! Stable Rust runs the tests of a program in the order of their names. So they are split into batches that are
//! shuffled with those of all other programs, and a batch runs by the names of its tests, on few threads or many. The
//! seed is printed, and with it the same batches come again.

use crate::project;
use crate::suites::build::{Executable, executables};
use crate::suites::{self, Scope};
use anyhow::{Result, ensure};
use fastrand::Rng;
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;

/// More tests than this in one process, and the order would be that of their names again.
const MAX_TESTS: usize = 16;

/// One test at a time, as many as a small machine has cores, and more than any of them.
const THREADS: &[usize] = &[1, 2, 4, 16];

/// The test target of each proposal that is repeated whole.
const SMOKE: &str = "smoke";

/// One test in so many is repeated at each change, of those that are no smoke test.
const SHARE: usize = 12;

/// A program, and those of its tests that are repeated.
pub(crate) struct Chosen {
    executable: Executable,
    tests: Vec<String>,
}

/// Repeats the suite of a proposal, or all suites, `rounds` times.
pub(crate) fn run(suite: Option<&str>, rounds: usize, seed: Option<u64>) -> Result<()> {
    let suites = suites::names(PROPOSALS);
    if let Some(name) = suite {
        ensure!(suites.contains(&name), "no suite {name:?}; there are {}", suites.join(", "));
    }
    let mut chosen = choose(&executables(&project::shell()?)?, PROPOSALS)?;
    chosen.retain(|one| suite.is_none_or(|name| suites::of(&one.executable.package, PROPOSALS) == name));
    repeat(&chosen, rounds, seed.unwrap_or_else(|| fastrand::u64(..)))
}

/// All tests of these programs that may run.
pub(crate) fn choose(executables: &[Executable], proposals: &[Descriptor]) -> Result<Vec<Chosen>> {
    let mut chosen = Vec::new();
    for executable in executables {
        match suites::scope(executable, proposals) {
            Scope::Nothing(proposal) => println!("skipped {}: `{proposal}` is untested", executable.name()),
            Scope::Without(beginnings) => {
                let mut tests = suites::run::list(executable)?;
                tests.retain(|test| !beginnings.iter().any(|beginning| test.starts_with(beginning)));
                chosen.push(Chosen { executable: executable.clone(), tests });
            }
        }
    }
    Ok(chosen)
}

/// All smoke tests, and a share of the others that `seed` decides: few enough for each change, and others at the next.
pub(crate) fn sample(mut chosen: Vec<Chosen>, seed: u64) -> Vec<Chosen> {
    let mut random = Rng::with_seed(seed);
    for one in chosen.iter_mut().filter(|one| one.executable.target != SMOKE) {
        random.shuffle(&mut one.tests);
        // What is left over is a chance for one more, so that programs of few tests have their turn as well.
        let more = random.usize(..SHARE) < one.tests.len() % SHARE;
        one.tests.truncate(one.tests.len() / SHARE + usize::from(more));
    }
    chosen
}

/// Runs all tests of `chosen` in each round, in batches, and fails with the batches that failed.
pub(crate) fn repeat(chosen: &[Chosen], rounds: usize, seed: u64) -> Result<()> {
    println!(
        "seed {seed}; `cargo xtask flakes --seed {seed}` makes the same batches of the same tests again"
    );
    let (mut random, mut findings) = (Rng::with_seed(seed), Vec::new());
    for round in 1..=rounds {
        let batches = split(chosen, &mut random);
        for (executable, arguments) in &batches {
            if let Err(error) = suites::run::run(executable, arguments) {
                findings.push(format!("{error:#}, after `{}`", arguments.join(" ")));
            }
        }
        println!("round {round} of {rounds}: {} batches", batches.len());
    }
    ensure!(
        findings.is_empty(),
        "tests fail in random order, and may pass in their own; find what they share or wait for:\n  {}",
        findings.join("\n  ")
    );
    Ok(())
}

/// The arguments of each batch; each test is in one, and those of different programs stand among each other.
fn split<'a>(chosen: &'a [Chosen], random: &mut Rng) -> Vec<(&'a Executable, Vec<String>)> {
    let mut batches = Vec::new();
    for Chosen { executable, tests } in chosen {
        let mut tests = tests.clone();
        random.shuffle(&mut tests);
        while !tests.is_empty() {
            let rest = tests.len().saturating_sub(random.usize(1..=MAX_TESTS));
            let threads = *random.choice(THREADS).unwrap_or(&1);
            let flags = ["--exact".to_owned(), format!("--test-threads={threads}")];
            batches.push((executable, flags.into_iter().chain(tests.split_off(rest)).collect()));
        }
    }
    random.shuffle(&mut batches);
    batches
}

#[cfg(test)]
mod tests {
    use super::{Chosen, MAX_TESTS, SHARE, run, sample, split};
    use crate::suites::build::Executable;
    use fastrand::Rng;
    use std::collections::BTreeSet;

    fn chosen(target: &str, count: usize) -> Chosen {
        let executable = Executable {
            package: "wasi-nn".to_owned(),
            target: target.to_owned(),
            program: target.into(),
            folder: "wasi-nn".into(),
        };
        Chosen { executable, tests: (0..count).map(|number| format!("{target}::{number}")).collect() }
    }

    fn batches(chosen: &[Chosen], seed: u64) -> Vec<Vec<String>> {
        split(chosen, &mut Rng::with_seed(seed)).into_iter().map(|(_, arguments)| arguments).collect()
    }

    #[test]
    fn each_test_is_in_one_batch_and_a_seed_repeats_the_order() {
        let chosen = [chosen("a", 100), chosen("b", 100)];
        let found = batches(&chosen, 7);
        assert!(found.iter().all(|batch| (3..=MAX_TESTS + 2).contains(&batch.len())));
        let tests: Vec<_> = found.iter().flat_map(|batch| &batch[2..]).collect();
        assert_eq!((tests.len(), tests.iter().collect::<BTreeSet<_>>().len()), (200, 200));
        assert_eq!(found, batches(&chosen, 7));
        assert_ne!(found, batches(&chosen, 8));
    }

    #[test]
    fn smoke_tests_are_whole_and_a_share_of_the_others_rotates() {
        let tests = |seed, target, count| sample(vec![chosen(target, count)], seed).remove(0).tests;
        assert_eq!(tests(1, "smoke", 3).len(), 3);
        assert_eq!(tests(1, "all", 10 * SHARE).len(), 10);
        assert_eq!(tests(1, "all", 10 * SHARE), tests(1, "all", 10 * SHARE));
        let seen: BTreeSet<_> = (0..1000).flat_map(|seed| tests(seed, "all", SHARE + 1)).collect();
        assert_eq!(seen.len(), SHARE + 1);
        let turns = (0..1000).filter(|seed| !tests(*seed, "lib", 1).is_empty()).count();
        assert!((1..500).contains(&turns), "{turns}");
    }

    #[test]
    fn an_unknown_suite_is_an_error() {
        let error = run(Some("nnn"), 2, None).unwrap_err().to_string();
        assert!(error.starts_with("no suite \"nnn\"; there are snapshot, nn"), "{error}");
    }
}

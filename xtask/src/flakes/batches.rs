//! Random batches of tests, of all programs and in any order.

use super::Chosen;
use fastrand::Rng;

/// More tests than this in one process, and the order would be that of their names again.
const MAX_TESTS: usize = 16;

/// One test at a time, as many as a small machine has cores, and more than any of them.
const THREADS: &[usize] = &[1, 2, 4, 16];

/// Tests of one program that run in one process.
pub(super) struct Batch<'a> {
    pub(super) chosen: &'a Chosen,
    pub(super) tests: Vec<&'a str>,
    threads: usize,
}

impl Batch<'_> {
    /// What chooses these tests on the program's command line.
    pub(super) fn arguments(&self) -> Vec<String> {
        let flags = ["--exact".to_owned(), "--test-threads".to_owned(), self.threads.to_string()];
        flags.into_iter().chain(self.tests.iter().map(|test| (*test).to_owned())).collect()
    }
}

/// Each test in one batch; the batches of different programs stand among each other.
pub(super) fn split<'a>(chosen: &'a [Chosen], random: &mut Rng) -> Vec<Batch<'a>> {
    let mut batches = Vec::new();
    for chosen in chosen {
        let mut tests: Vec<_> = chosen.tests.iter().map(String::as_str).collect();
        random.shuffle(&mut tests);
        while !tests.is_empty() {
            let rest = tests.len().saturating_sub(random.usize(1..=MAX_TESTS));
            let threads = *random.choice(THREADS).unwrap_or(&1);
            batches.push(Batch { chosen, tests: tests.split_off(rest), threads });
        }
    }
    random.shuffle(&mut batches);
    batches
}

#[cfg(test)]
mod tests {
    use super::{Chosen, MAX_TESTS, split};
    use crate::suites::build::Executable;
    use fastrand::Rng;
    use std::collections::BTreeSet;

    fn chosen() -> Vec<Chosen> {
        ["a", "b"]
            .map(|name| Chosen {
                executable: Executable {
                    package: name.to_owned(),
                    target: "lib".to_owned(),
                    program: name.into(),
                    folder: name.into(),
                },
                tests: (0..100).map(|number| format!("{name}::{number}")).collect(),
            })
            .into()
    }

    fn order(chosen: &[Chosen], seed: u64) -> Vec<String> {
        let batches = split(chosen, &mut Rng::with_seed(seed));
        assert!(batches.iter().all(|batch| (1..=MAX_TESTS).contains(&batch.tests.len())));
        batches.iter().flat_map(super::Batch::arguments).collect()
    }

    #[test]
    fn each_test_is_in_one_batch_of_its_program() {
        let chosen = chosen();
        let batches = split(&chosen, &mut Rng::with_seed(7));
        let tests: Vec<_> = batches.iter().flat_map(|batch| &batch.tests).collect();
        assert_eq!(tests.len(), 200);
        assert_eq!(tests.iter().collect::<BTreeSet<_>>().len(), 200);
        for batch in &batches {
            assert!(batch.tests.iter().all(|test| batch.chosen.tests.iter().any(|name| name == test)));
        }
    }

    #[test]
    fn a_seed_repeats_the_order_and_another_makes_another() {
        let chosen = chosen();
        assert_eq!(order(&chosen, 7), order(&chosen, 7));
        assert_ne!(order(&chosen, 7), order(&chosen, 8));
    }
}

//! The tests that CI repeats for a change: few enough to take about a minute, and others for the next change.

use super::Chosen;
use fastrand::Rng;

/// The test target of each proposal that is repeated whole.
const SMOKE: &str = "smoke";

/// One test in so many is repeated, of those that are no smoke test.
const SHARE: usize = 12;

/// All smoke tests, and a share of the others that `seed` decides.
pub(crate) fn sample(mut chosen: Vec<Chosen>, seed: u64) -> Vec<Chosen> {
    let mut random = Rng::with_seed(seed);
    for one in chosen.iter_mut().filter(|one| one.executable.target != SMOKE) {
        random.shuffle(&mut one.tests);
        // What is left over is a chance for one more, so that programs of few tests have their turn as well.
        let more = random.usize(..SHARE) < one.tests.len() % SHARE;
        one.tests.truncate(one.tests.len() / SHARE + usize::from(more));
    }
    chosen.retain(|one| !one.tests.is_empty());
    chosen
}

#[cfg(test)]
mod tests {
    use super::{Chosen, SHARE, sample};
    use crate::suites::build::Executable;
    use std::collections::BTreeSet;

    fn chosen(target: &str, count: usize) -> Chosen {
        Chosen {
            executable: Executable {
                package: "wasi-nn".to_owned(),
                target: target.to_owned(),
                program: target.into(),
                folder: "wasi-nn".into(),
            },
            tests: (0..count).map(|number| number.to_string()).collect(),
        }
    }

    fn tests(seed: u64, target: &str, count: usize) -> Vec<String> {
        sample(vec![chosen(target, count)], seed).pop().map(|one| one.tests).unwrap_or_default()
    }

    #[test]
    fn smoke_tests_are_whole() {
        assert_eq!(tests(1, "smoke", 3), ["0", "1", "2"]);
    }

    #[test]
    fn a_share_of_the_others_rotates() {
        assert_eq!(tests(1, "all", 10 * SHARE).len(), 10);
        assert_eq!(tests(1, "all", 10 * SHARE), tests(1, "all", 10 * SHARE));
        let seen: BTreeSet<_> = (0..1000).flat_map(|seed| tests(seed, "all", SHARE + 1)).collect();
        assert_eq!(seen.len(), SHARE + 1);
    }

    #[test]
    fn a_program_of_one_test_has_its_turn() {
        let turns = (0..1000).filter(|seed| !tests(*seed, "lib", 1).is_empty()).count();
        assert!((1..500).contains(&turns), "{turns}");
    }
}

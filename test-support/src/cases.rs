//! The configuration of tests that draw their cases.

use proptest::test_runner::{Config, RngSeed};

/// Draws this many cases, and the same ones every time unless the environment names another seed.
#[must_use]
pub fn same_cases(cases: u32) -> Config {
    let given = Config::default();
    let rng_seed = if given.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { given.rng_seed };
    Config { cases, failure_persistence: None, rng_seed, ..given }
}

//! The comparison of random sequences, and the report of the shortest one that shows a difference.

use super::call::Call;
use super::run::run;
use super::site::World;
use super::{engines, generate};
use crate::common::guest::Guest;
use crate::common::unprivileged::renounce;
use proptest::test_runner::{Config, Reason, RngSeed, TestCaseError, TestError, TestRunner};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime};
use wasi_snapshot::WasiCtx;

/// Sequences with one seed.
const CASES: u32 = 150;

/// The seeds that run every time. One is for each engine.
const SEEDS: Range<u64> = 0..2;

/// How long other seeds are to run, if they are.
fn wanted() -> Option<Duration> {
    let seconds = std::env::var("WASI_DIFFERENTIAL").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("WASI_DIFFERENTIAL=SECONDS")))
}

fn seeds(wanted: Option<Duration>) -> Range<u64> {
    match (Config::default().rng_seed, wanted) {
        // The environment says so, by the variable of proptest.
        (RngSeed::Fixed(seed), _) => seed..seed + 1,
        (_, None) => SEEDS,
        (_, Some(_)) => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            now.as_secs() * 1000..u64::MAX
        }
    }
}

/// Compares as many sequences as are wanted.
pub(crate) fn compare(world: World) {
    if !world.beneath.is_available() {
        return;
    }
    renounce();
    let (start, wanted) = (Instant::now(), wanted());
    let instances = engines::instances().into_iter();
    let mut guests: Vec<_> = instances.map(|instance| Guest::on(instance, WasiCtx::builder())).collect();
    let engines = guests.len() as u64;
    let (sequences, calls) = (Cell::new(0_u64), Cell::new(0_u64));
    for seed in seeds(wanted) {
        if wanted.is_some_and(|wanted| start.elapsed() > wanted) {
            break;
        }
        let guest = RefCell::new(&mut guests[(seed % engines) as usize]);
        let config = Config {
            cases: CASES,
            failure_persistence: None,
            max_shrink_iters: 2000,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(&generate::sequences(), |sequence| {
            let made = run(&mut guest.borrow_mut(), world, &sequence).map_err(TestCaseError::fail)?;
            sequences.set(sequences.get() + 1);
            calls.set(calls.get() + made);
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, sequence)) => panic!("{}", told(world, seed, &reason, &sequence)),
            Err(TestError::Abort(reason)) => panic!("{}: {reason}", world.name),
        }
    }
    let (sequences, calls, seconds) = (sequences.get(), calls.get(), start.elapsed().as_secs_f64());
    eprintln!("{}: {sequences} sequences, {calls} calls, {seconds:.1} s", world.name);
}

/// A difference tells its calls; a panic of one of the sides does not.
fn told(world: World, seed: u64, reason: &Reason, sequence: &[Call]) -> String {
    let calls = match reason.message() {
        told if told.contains("guest:") => String::new(),
        _ => format!("\n{sequence:#?}"),
    };
    format!(
        "{}: guest and system differ. PROPTEST_RNG_SEED={seed} repeats it; the shortest sequence has {} calls:\n{}{calls}",
        world.name,
        sequence.len(),
        reason.message(),
    )
}

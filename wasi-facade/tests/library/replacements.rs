//! Tests of streams, clocks, schedulers and randomness that an embedder gives in the place of the host's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasi_facade::snapshot::{Errno, Waits};
use wasi_facade::snapshot::{MonotonicClock, OnLimit, Random, Scheduler, Sink, VirtualClock, WallClock};
use wasi_facade::{Engine, Host, Outcome, WasiCtx};

/// A guest that does `then`, with a sleep of an hour in reach, and a line of five bytes to write.
fn module(then: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\05\00\00\00tick\n")
            (data (i32.const 144) "\01\00\00\00\00\00\00\00\00\a0\b8\30\46\03\00\00")
            (func $says (result i32)
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
            (func $sleeps (result i32)
                (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 32)))
            (func (export "_start") {then}))"#
    ))
    .unwrap()
}

/// Runs it in each engine, with a context each.
fn each(then: &str, mut context: impl FnMut() -> WasiCtx, mut check: impl FnMut(Outcome)) {
    for engine in Engine::ALL {
        check(Host::new().engine(*engine).run(&module(then), context()).unwrap());
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// Writes three times, and exits with the last errno and ten times the last count.
const SAYS: &str = "(drop (call $says)) (drop (call $says))
    (call $exit (i32.add (call $says) (i32.mul (i32.const 10) (i32.load (i32.const 32)))))";

#[test]
fn captures_do_at_their_limit_what_was_chosen() {
    for engine in Engine::ALL {
        let run = |stdout| {
            let ctx = WasiCtx::builder().stdout(stdout).build().unwrap();
            Host::new().engine(*engine).run(&module(SAYS), ctx).unwrap()
        };
        // What fits of the last line is two bytes.
        let (stdout, captured) = Sink::capture(12);
        assert_eq!(run(stdout), Outcome::Exited(20));
        assert_eq!((captured.bytes().as_slice(), captured.is_truncated()), (&b"tick\ntick\nti"[..], true));
        let (stdout, captured) = Sink::capture_with(12, OnLimit::Discard);
        assert_eq!(run(stdout), Outcome::Exited(50));
        assert_eq!((captured.bytes().as_slice(), captured.is_truncated()), (&b"tick\ntick\nti"[..], true));
        let (stdout, captured) = Sink::capture_with(12, OnLimit::Trap);
        assert!(matches!(run(stdout), Outcome::Trapped(_)));
        assert_eq!(captured.bytes(), b"tick\ntick\nti");
        let (stdout, captured) = Sink::capture(15);
        assert_eq!(run(stdout), Outcome::Exited(50));
        assert!(!captured.is_truncated());
    }
}

#[test]
fn a_tee_gives_both_the_same() {
    for engine in Engine::ALL {
        let ((first, all), (second, some)) = (Sink::capture(100), Sink::capture_with(7, OnLimit::Discard));
        let ctx = WasiCtx::builder().stdout(Sink::tee(first, second)).build().unwrap();
        assert_eq!(Host::new().engine(*engine).run(&module(SAYS), ctx).unwrap(), Outcome::Exited(50));
        assert_eq!((all.bytes(), some.bytes()), (b"tick\ntick\ntick\n".to_vec(), b"tick\nti".to_vec()));
    }
}

/// Sleeps twice, and exits with the errnos.
const SLEEPS: &str = "(call $exit (i32.or (call $sleeps) (call $sleeps)))";

#[test]
fn a_virtual_clock_sleeps_at_once() {
    let clock = VirtualClock::starting_at(std::time::SystemTime::UNIX_EPOCH);
    let mut hours = 0;
    each(
        SLEEPS,
        || WasiCtx::builder().virtual_clock(&clock).build().unwrap(),
        |outcome| {
            assert_eq!(outcome, Outcome::Exited(0));
            hours += 2;
            // Each look at it takes a moment, too.
            assert_eq!(clock.elapsed().as_secs(), hours * HOUR.as_secs());
        },
    );
}

/// A clock that stands where it is put, and a scheduler that puts it where the guest wants to be.
#[derive(Clone, Default)]
struct Hand {
    place: Arc<AtomicU64>,
    waits: Arc<AtomicU64>,
}

impl Hand {
    fn shows(&self) -> Duration {
        Duration::from_nanos(self.place.load(Ordering::SeqCst))
    }
}

impl WallClock for Hand {
    fn now(&self) -> Duration {
        Duration::from_secs(17) + self.shows()
    }
}

impl MonotonicClock for Hand {
    fn now(&self) -> Duration {
        self.shows()
    }
}

impl Scheduler for Hand {
    fn wait(&mut self, waits: &mut Waits<'_>) -> Result<(), Errno> {
        let timeout = waits.timeout().ok_or(Errno::Notsup)?;
        // In two steps: a scheduler may come back too early.
        self.waits.fetch_add(1, Ordering::SeqCst);
        let half = u64::try_from(timeout.as_nanos().div_ceil(2)).map_err(|_| Errno::Overflow)?;
        self.place.fetch_add(half.max(1), Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn clocks_and_waiting_are_the_embedders() {
    let seconds = "(drop (call $sleeps)) (drop (call $time (i32.const 0) (i64.const 0) (i32.const 40)))
        (call $exit (i32.wrap_i64 (i64.div_u (i64.load (i32.const 40)) (i64.const 1000000000))))";
    for engine in Engine::ALL {
        let hand = Hand::default();
        let builder =
            WasiCtx::builder().wall_clock(hand.clone()).monotonic_clock(hand.clone()).scheduler(hand.clone());
        let outcome = Host::new().engine(*engine).run(&module(seconds), builder.build().unwrap()).unwrap();
        assert_eq!(outcome, Outcome::Exited(17 + 3600));
        assert_eq!(hand.shows(), HOUR);
        // It took half of what was left each time.
        assert!(hand.waits.load(Ordering::SeqCst) > 30);
    }
}

#[test]
fn a_guest_without_clocks() {
    const NOTSUP: u32 = 58;
    let looks = "(call $exit (i32.or (call $time (i32.const 0) (i64.const 0) (i32.const 40))
        (call $time (i32.const 1) (i64.const 0) (i32.const 40))))";
    each(
        looks,
        || WasiCtx::builder().no_clocks().build().unwrap(),
        |outcome| assert_eq!(outcome, Outcome::Exited(NOTSUP)),
    );
}

/// A die that always shows the same.
struct Loaded;

impl Random for Loaded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        bytes.fill(6);
        Ok(())
    }
}

#[test]
fn chance_is_the_embedders() {
    let throws = "(drop (call $random (i32.const 40) (i32.const 4))) (call $exit (i32.load (i32.const 40)))";
    each(
        throws,
        || WasiCtx::builder().random(Loaded).build().unwrap(),
        |outcome| assert_eq!(outcome, Outcome::Exited(0x0606_0606)),
    );
}

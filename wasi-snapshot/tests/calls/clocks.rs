//! Tests of clocks, randomness, yielding and leaving.

use crate::common::errno::SUCCESS;
use crate::common::fixture::Fixture;
use crate::common::guest::{Guest, OUT, call};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use test_support::{MASK, SIZE};
use wasi_policy::Trap;
use wasi_snapshot::{Limits, WasiCtx};

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

fn guest() -> Guest {
    Guest::new(WasiCtx::builder())
}

fn now(guest: &mut Guest, clock: u32, precision: u64) -> u64 {
    assert_eq!(call!(guest, clock_time_get, clock, precision, OUT), SUCCESS);
    guest.u64(OUT)
}

fn assert_only_written(guest: &Guest, at: u32, len: u32) {
    let (start, end) = (at as usize, (at + len) as usize);
    assert!(guest.memory[..start].iter().chain(&guest.memory[end..]).all(|byte| *byte == MASK));
}

#[test]
fn the_real_time_is_the_hosts() {
    let mut guest = guest();
    let since =
        |time: SystemTime| u64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
    for precision in [0, 1, u64::MAX] {
        let before = since(SystemTime::now());
        let told = now(&mut guest, REALTIME, precision);
        assert!((before..=since(SystemTime::now())).contains(&told));
    }
    assert_only_written(&guest, OUT, 8);
}

#[test]
fn the_monotonic_clock_starts_with_the_context_and_never_goes_back() {
    let before = Instant::now();
    let mut guest = guest();
    let mut last = 0;
    for _ in 0..1000 {
        let time = now(&mut guest, MONOTONIC, 0);
        assert!(time >= last);
        last = time;
    }
    assert!(Duration::from_nanos(last) <= before.elapsed());
    assert!(last > 0);
}

#[cfg(unix)]
#[test]
fn resolutions_are_the_hosts_and_never_zero() {
    use rustix::time::{ClockId, clock_getres};
    for (clock, host) in [(REALTIME, ClockId::Realtime), (MONOTONIC, ClockId::Monotonic)] {
        let mut guest = guest();
        assert_eq!(call!(guest, clock_res_get, clock, SIZE - 8), SUCCESS);
        let expected = Duration::try_from(clock_getres(host)).unwrap();
        assert_eq!(Duration::from_nanos(guest.u64(SIZE - 8)), expected);
        assert!(!expected.is_zero());
        assert_only_written(&guest, SIZE - 8, 8);
    }
}

#[test]
fn random_bytes_fill_the_buffer_and_nothing_else() {
    let mut guest = guest();
    // Each byte keeps the mask with a chance of 1 in 256, so 64 fillings of all of them are certain.
    let mut changed = [false; 100];
    for _ in 0..64 {
        guest.mask();
        assert_eq!(call!(guest, random_get, 333, 100), SUCCESS);
        assert_only_written(&guest, 333, 100);
        for (seen, byte) in changed.iter_mut().zip(guest.bytes(333, 100)) {
            *seen |= *byte != MASK;
        }
    }
    assert_eq!(changed, [true; 100]);
}

#[test]
fn random_bytes_differ_between_calls_and_contexts() {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let mut guest = guest();
        for _ in 0..4 {
            assert_eq!(call!(guest, random_get, OUT, 16), SUCCESS);
            assert!(seen.insert(guest.bytes(OUT, 16).to_vec()), "the same bytes twice");
        }
    }
}

#[test]
fn no_random_bytes_are_fine_wherever_they_go() {
    let mut guest = guest();
    for at in [0, 1, SIZE] {
        assert_eq!(call!(guest, random_get, at, 0), SUCCESS);
    }
    assert_only_written(&guest, 0, 0);
}

#[test]
fn randomness_is_limited() {
    let mut limits = Limits::default();
    limits.max_random = 1000;
    let mut guest = Guest::new(WasiCtx::builder().limits(limits));
    assert_eq!(call!(guest, random_get, 0, 1000), SUCCESS);
    assert_eq!(call!(guest, random_get, 0, 1001), crate::common::errno::INVAL);
}

#[test]
fn yielding_does_nothing_else() {
    let mut guest = guest();
    assert_eq!(call!(guest, sched_yield), SUCCESS);
    assert_only_written(&guest, 0, 0);
}

#[test]
fn yielding_is_where_a_spinning_guest_can_be_interrupted() {
    let mut guest = guest();
    let handle = guest.ctx.interrupt_handle();
    assert_eq!(call!(guest, sched_yield), SUCCESS);
    handle.interrupt();
    assert!(matches!(guest.outcome("sched_yield", &[]), Err(Trap::Interrupted)));
    // It stays so.
    assert!(matches!(guest.outcome("sched_yield", &[]), Err(Trap::Interrupted)));
}

/// The exit code is the guest's; whether the host's own process could report it is the embedder's affair.
#[test]
fn leaving_is_a_trap_with_the_exact_code() {
    for code in [0, 1, 125, 126, 127, 134, 255, 256, i32::MAX as u32, u32::MAX] {
        let mut fixture = Fixture::new();
        let trap = fixture.outcome("proc_exit", &[code.into()]).unwrap_err();
        assert_eq!(trap.exit_code(), Some(code));
    }
}

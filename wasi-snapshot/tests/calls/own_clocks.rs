//! Tests of clocks, schedulers and randomness that the embedder gives.

use super::poll::{Subscription, after, put};
use crate::common::errno::{NOTSUP, SUCCESS};
use crate::common::fixture::{Fixture, STDIN};
use crate::common::guest::{Guest, OUT, call};
use crate::common::ops::{CREAT, FOLLOW, READ, WRITE};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use test_support::View;
use wasi_snapshot::{
    Errno, MonotonicClock, Perms, Random, Scheduler, Source, VirtualClock, Waits, WallClock, WasiCtx,
};

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const SUBSCRIPTIONS: u32 = 0x2000;
const EVENTS: u32 = 0x6000;

/// Shows what it is set to.
#[derive(Clone, Default)]
struct Hands(Arc<Mutex<Duration>>);

impl WallClock for Hands {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn resolution(&self) -> Duration {
        Duration::ZERO
    }
}

impl MonotonicClock for Hands {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn resolution(&self) -> Duration {
        Duration::from_millis(2)
    }
}

fn now(guest: &mut Guest, clock: u32) -> u64 {
    assert_eq!(call!(guest, clock_time_get, clock, 0, OUT), SUCCESS);
    guest.u64(OUT)
}

fn sleep(guest: &mut Guest, nanoseconds: u64) {
    put(guest, &[after(nanoseconds)]);
    assert_eq!(call!(guest, poll_oneoff, SUBSCRIPTIONS, EVENTS, 1, OUT), SUCCESS);
    assert_eq!(guest.u32(OUT), 1);
}

#[test]
fn clocks_are_the_embedders() {
    let (wall, monotonic) = (Hands::default(), Hands::default());
    let mut guest =
        Guest::new(WasiCtx::builder().wall_clock(wall.clone()).monotonic_clock(monotonic.clone()));
    *wall.0.lock().unwrap() = Duration::new(1_000_000_000, 7);
    *monotonic.0.lock().unwrap() = Duration::from_nanos(9);
    assert_eq!(now(&mut guest, REALTIME), 1_000_000_000_000_000_007);
    assert_eq!(now(&mut guest, MONOTONIC), 9);
    // A resolution of zero would have guests divide by it.
    assert_eq!(call!(guest, clock_res_get, REALTIME, OUT), SUCCESS);
    assert_eq!(guest.u64(OUT), 1);
    assert_eq!(call!(guest, clock_res_get, MONOTONIC, OUT), SUCCESS);
    assert_eq!(guest.u64(OUT), 2_000_000);
    // Beyond what the ABI can say, they stand still.
    *wall.0.lock().unwrap() = Duration::MAX;
    assert_eq!(now(&mut guest, REALTIME), u64::MAX);
}

#[test]
fn without_clocks_a_guest_can_sleep_and_not_look() {
    let mut guest = Guest::new(WasiCtx::builder().no_clocks());
    for clock in [REALTIME, MONOTONIC] {
        assert_eq!(call!(guest, clock_time_get, clock, 0, OUT), NOTSUP);
        assert_eq!(call!(guest, clock_res_get, clock, OUT), NOTSUP);
        put(&mut guest, &[Subscription::Clock { id: clock, timeout: 1, flags: 1 }]);
        assert_eq!(call!(guest, poll_oneoff, SUBSCRIPTIONS, EVENTS, 1, OUT), SUCCESS);
        assert_eq!(guest.u16(EVENTS + 8), 58, "the event has the error `notsup`");
    }
    let before = Instant::now();
    sleep(&mut guest, 2_000_000);
    assert!(before.elapsed() >= Duration::from_millis(2));
}

#[test]
fn a_virtual_clock_leaps_over_sleeps() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let clock = VirtualClock::starting_at(start);
    let mut guest = Guest::new(WasiCtx::builder().virtual_clock(&clock));
    let before = Instant::now();
    let year = Duration::from_secs(365 * 24 * 3600);
    for _ in 0..100 {
        sleep(&mut guest, u64::try_from(year.as_nanos()).unwrap());
    }
    assert!(before.elapsed() < Duration::from_secs(60), "a century is not slept");
    assert!((year * 100..year * 100 + Duration::from_secs(1)).contains(&clock.elapsed()));
    let shown = Duration::from_nanos(now(&mut guest, REALTIME)) - Duration::from_secs(1_000_000);
    assert!((year * 100..year * 100 + Duration::from_secs(1)).contains(&shown));
    // Whoever looks until it is late enough comes to an end.
    let until = now(&mut guest, MONOTONIC) + 1_000_000;
    while now(&mut guest, MONOTONIC) < until {}
}

/// What is ready comes before the time, and the time before what never is.
#[test]
fn a_virtual_clock_knows_descriptors() {
    let clock = VirtualClock::starting_at(SystemTime::now());
    let (source, mut host) = Source::pipe().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdin(source).virtual_clock(&clock));
    let day = 24 * 3600 * 1_000_000_000;
    for (sends, eventtype) in [(false, 0), (true, 1)] {
        if sends {
            std::io::Write::write_all(&mut host, b"x").unwrap();
        }
        put(&mut guest, &[Subscription::Read(STDIN), after(day)]);
        assert_eq!(call!(guest, poll_oneoff, SUBSCRIPTIONS, EVENTS, 2, OUT), SUCCESS);
        assert_eq!((guest.u32(OUT), guest.bytes(EVENTS + 10, 1)), (1, &[eventtype][..]));
    }
}

/// Counts what it is asked, and lets the time pass that it is told to.
#[derive(Clone)]
struct Counts(Arc<Mutex<Vec<Option<Duration>>>>, Hands);

impl Scheduler for Counts {
    fn wait(&mut self, waits: &mut Waits<'_>) -> Result<(), Errno> {
        self.0.lock().unwrap().push(waits.timeout());
        match waits.timeout() {
            Some(timeout) if timeout > Duration::from_secs(10) => Err(Errno::Inval),
            Some(timeout) => {
                *self.1.0.lock().unwrap() += timeout;
                Ok(())
            }
            None => waits.on_host(None).map(drop),
        }
    }

    fn yield_now(&mut self) {
        self.0.lock().unwrap().push(None);
    }
}

#[test]
fn a_scheduler_waits_for_the_guest() {
    let (asked, hands) = (Arc::default(), Hands::default());
    let scheduler = Counts(Arc::clone(&asked), hands.clone());
    let mut guest = Guest::new(WasiCtx::builder().monotonic_clock(hands).scheduler(scheduler));
    sleep(&mut guest, 5);
    assert_eq!(call!(guest, sched_yield), SUCCESS);
    put(&mut guest, &[after(11_000_000_000)]);
    assert_eq!(
        call!(guest, poll_oneoff, SUBSCRIPTIONS, EVENTS, 1, OUT),
        crate::common::errno::INVAL,
        "what the scheduler says is what the guest gets"
    );
    let expected = [Some(Duration::from_nanos(5)), None, Some(Duration::from_secs(11))];
    assert_eq!(*asked.lock().unwrap(), expected);
}

#[test]
fn randomness_is_the_embedders() {
    struct Broken;
    impl Random for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), Errno> {
            Err(Errno::Io)
        }
    }
    let mut guest = Guest::new(WasiCtx::builder().random(Broken));
    assert_eq!(call!(guest, random_get, OUT, 4).number(), Errno::Io.code());
    // SplitMix64, by other implementations of it.
    let mut guest = Guest::new(WasiCtx::builder().deterministic(1_234_567, SystemTime::now()));
    assert_eq!(call!(guest, random_get, OUT, 3), SUCCESS);
    assert_eq!(call!(guest, random_get, OUT + 3, 5), SUCCESS);
    assert_eq!(guest.u64(OUT), 6_457_827_717_110_365_317);
    // Shared memories are filled in chunks, and the bytes are the same.
    guest.view = View::Shared;
    assert_eq!(call!(guest, random_get, OUT, 8), SUCCESS);
    assert_eq!(guest.u64(OUT), 3_203_168_211_198_807_973);
}

/// Everything a guest can learn about a directory, clocks and random bytes, as bytes of its memory.
fn everything(root: &Path) -> Vec<u8> {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(77);
    let mut guest =
        Guest::new(WasiCtx::builder().preopen_dir(root, "/", Perms::read_write()).deterministic(5, start));
    let mut seen = Vec::new();
    for clock in [REALTIME, MONOTONIC] {
        seen.extend(now(&mut guest, clock).to_le_bytes());
    }
    sleep(&mut guest, 123_456_789);
    assert_eq!(call!(guest, random_get, 0x100, 100), SUCCESS);
    assert!(guest.open(3, "made", (FOLLOW, CREAT, READ | WRITE, 0)).is_ok());
    assert_eq!(guest.write(4, "contents"), Ok(8));
    assert_eq!(call!(guest, fd_readdir, 3, 0x8000, 0x1000, 0, 0x200), SUCCESS);
    for (slot, name) in (0_u32..).zip(["b", "a", "sub", "c", "made", "b", "."]) {
        let (ptr, len) = guest.put(0x1000, name);
        assert_eq!(call!(guest, path_filestat_get, 3, 1, ptr, len, 0x4000 + slot * 64), SUCCESS, "{name}");
    }
    seen.extend(now(&mut guest, REALTIME).to_le_bytes());
    seen.extend(guest.memory.iter());
    seen
}

#[test]
fn two_runs_over_equal_directories_are_the_same() {
    let fill = |order: &[&str]| {
        let root = tempfile::tempdir().unwrap();
        for name in order {
            fs::write(root.path().join(name), format!("this is {name}")).unwrap();
        }
        fs::create_dir(root.path().join("sub")).unwrap();
        root
    };
    let one = fill(&["a", "b", "c", "d", "e"]);
    let other = fill(&["zz", "e", "c", "d", "b", "a"]);
    fs::remove_file(other.path().join("zz")).unwrap();
    let (one, other) = (everything(one.path()), everything(other.path()));
    assert!(one == other);
    // Not because nothing was seen.
    assert!(one.windows(4).any(|bytes| bytes == b"made") && one.windows(3).any(|bytes| bytes == b"sub"));
}

#[test]
fn listings_are_in_order_and_numbers_agree() {
    let mut f = Fixture::new();
    let root = f.rw();
    let mut guest = Guest::new(
        WasiCtx::builder()
            .preopen_dir(root.path(), "/", Perms::read_only())
            .deterministic(0, SystemTime::now()),
    );
    assert_eq!(call!(guest, fd_readdir, 3, 0x8000, 0x1000, 0, OUT), SUCCESS);
    let (mut at, end, mut names) = (0x8000, 0x8000 + guest.u32(OUT), Vec::new());
    while at < end {
        let len = guest.u32(at + 16);
        names.push((String::from_utf8(guest.bytes(at + 24, len).to_vec()).unwrap(), guest.u64(at + 8)));
        at += 24 + len;
    }
    assert_eq!(names[0].0, ".");
    assert_eq!(names[1].0, "..");
    assert!(names[2..].is_sorted_by_key(|(name, _)| name), "{names:?}");
    for (name, ino) in &names[2..] {
        let (ptr, len) = guest.put(0x1000, name);
        assert_eq!(call!(guest, path_filestat_get, 3, 0, ptr, len, 0x4000), SUCCESS);
        assert_eq!(guest.u64(0x4008), *ino, "{name}");
        assert_ne!(*ino, 0);
    }
    f.mask();
}

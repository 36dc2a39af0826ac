//! Tests of `poll_oneoff`: the descriptors and clocks that are ready, the events about them, and their time.

use crate::common::errno::{BADF, Errno, NOTSUP, SUCCESS};
use crate::common::fixture::{CLOSED, DIR, FILE, Fixture, LISTENER, READER, STDIN, STDOUT, STREAM, WRITER};
use crate::common::guest::{Guest, OUT, call};
use crate::common::ops::NONBLOCK;
use crate::common::place::Ground;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SUBSCRIPTIONS: u32 = 0x2000;
const EVENTS: u32 = 0x6000;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const ABSTIME: u16 = 1;

#[derive(Clone, Copy)]
pub(super) enum Subscription {
    Clock { id: u32, timeout: u64, flags: u16 },
    Read(u32),
    Write(u32),
}
use Subscription::{Clock, Read, Write as Writes};
use test_support::MASK;

/// A relative time of the monotonic clock.
pub(super) fn after(timeout: u64) -> Subscription {
    Clock { id: MONOTONIC, timeout, flags: 0 }
}

/// A time that no test lives to see.
pub(super) const NEVER: Subscription = Clock { id: MONOTONIC, timeout: u64::MAX, flags: 0 };

/// An event without its userdata: which subscription it is for, its error and type, bytes, flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) index: u64,
    error: Errno,
    eventtype: u8,
    nbytes: u64,
    flags: u16,
}

fn clock_event(index: u64) -> Event {
    Event { index, error: SUCCESS, eventtype: 0, nbytes: 0, flags: 0 }
}

fn read_event(index: u64, nbytes: u64, flags: u16) -> Event {
    Event { index, error: SUCCESS, eventtype: 1, nbytes, flags }
}

fn write_event(index: u64) -> Event {
    Event { index, error: SUCCESS, eventtype: 2, nbytes: 0, flags: 0 }
}

/// Marks which subscription an event belongs to.
const USERDATA: u64 = 0x1234_5678_0000_0000;

/// Puts subscriptions into memory, in the layout of the guest's module, and gives their number.
pub(super) fn put(guest: &mut Guest, subscriptions: &[Subscription]) -> u32 {
    let (size, clock) = if guest.is_unstable() { (56, 24) } else { (48, 16) };
    let mut bytes = Vec::new();
    for (index, subscription) in (0_u64..).zip(subscriptions) {
        // What is not said may be anything.
        let mut record = vec![0xaa; size];
        record[..8].copy_from_slice(&(USERDATA | index).to_le_bytes());
        match subscription {
            Clock { id, timeout, flags } => {
                record[8] = 0;
                record[clock..][..4].copy_from_slice(&id.to_le_bytes());
                record[clock + 8..][..8].copy_from_slice(&timeout.to_le_bytes());
                record[clock + 24..][..2].copy_from_slice(&flags.to_le_bytes());
            }
            Read(fd) | Writes(fd) => {
                record[8] = if matches!(subscription, Read(_)) { 1 } else { 2 };
                record[16..20].copy_from_slice(&fd.to_le_bytes());
            }
        }
        bytes.extend(record);
    }
    guest.put(SUBSCRIPTIONS, bytes);
    u32::try_from(subscriptions.len()).unwrap()
}

/// Polls, and takes the events out of memory; what lies behind them must be untouched.
pub(super) fn poll(guest: &mut Guest, subscriptions: &[Subscription]) -> Vec<Event> {
    guest.mask();
    let count = put(guest, subscriptions);
    assert_eq!(call!(guest, poll_oneoff, SUBSCRIPTIONS, EVENTS, count, OUT), SUCCESS);
    let found = guest.u32(OUT);
    assert!((1..=count).contains(&found), "{found} events for {count} subscriptions");
    assert!(guest.bytes(EVENTS + found * 32, (count - found) * 32 + 64).iter().all(|byte| *byte == MASK));
    let events = (0..found).map(|nth| {
        let at = EVENTS + nth * 32;
        let userdata = guest.u64(at);
        assert_eq!(userdata & !0xffff_ffff, USERDATA);
        assert_eq!(guest.bytes(at + 11, 5), [0; 5], "padding");
        assert_eq!(guest.bytes(at + 26, 6), [0; 6], "padding");
        Event {
            index: userdata & 0xffff_ffff,
            error: Errno::given(guest.u16(at + 8)),
            eventtype: guest.bytes(at + 10, 1)[0],
            nbytes: guest.u64(at + 16),
            flags: guest.u16(at + 24),
        }
    });
    events.collect()
}

fn both_modules(test: fn(&mut Fixture)) {
    test(&mut Fixture::new());
    let mut fixture = Fixture::new();
    fixture.use_unstable();
    test(&mut fixture);
}

#[test]
fn no_time_has_passed_at_once() {
    both_modules(|f| {
        for id in 0..4 {
            assert_eq!(poll(f, &[Clock { id, timeout: 0, flags: 0 }]), [clock_event(0)], "{id}");
        }
    });
}

#[test]
fn sleeping_takes_its_time() {
    both_modules(|f| {
        for id in 0..4 {
            let start = Instant::now();
            assert_eq!(poll(f, &[Clock { id, timeout: 20_000_000, flags: 0 }]), [clock_event(0)]);
            assert!(start.elapsed() >= Duration::from_millis(20), "{id}");
        }
    });
}

fn now(guest: &mut Guest, clock: u32) -> u64 {
    assert_eq!(call!(guest, clock_time_get, clock, 0, OUT), SUCCESS);
    guest.u64(OUT)
}

#[test]
fn absolute_times() {
    both_modules(|f| {
        for clock in [REALTIME, MONOTONIC] {
            for timeout in [0, 1, now(f, clock)] {
                assert_eq!(poll(f, &[Clock { id: clock, timeout, flags: ABSTIME }]), [clock_event(0)]);
            }
            let deadline = now(f, clock) + 20_000_000;
            assert_eq!(poll(f, &[Clock { id: clock, timeout: deadline, flags: ABSTIME }]), [clock_event(0)]);
            if clock == MONOTONIC {
                assert!(now(f, clock) >= deadline);
            } else {
                let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                assert!(time + Duration::from_millis(1) >= Duration::from_nanos(deadline));
            }
        }
        // Times of processors are not told, so waiting for one is an error of that subscription.
        for id in [2, 3] {
            let events = poll(f, &[Clock { id, timeout: 1, flags: ABSTIME }, after(0)]);
            assert_eq!(events, [Event { error: NOTSUP, ..clock_event(0) }, clock_event(1)]);
        }
    });
}

/// Times so late that no host can represent them never come, and spoil nothing.
#[test]
fn times_beyond_all_bounds() {
    both_modules(|f| {
        for id in [REALTIME, MONOTONIC] {
            for flags in [0, ABSTIME] {
                for timeout in [u64::MAX, u64::MAX - 1, i64::MAX as u64, 1 << 62] {
                    let events = poll(f, &[Clock { id, timeout, flags }, after(1)]);
                    assert_eq!(events, [clock_event(1)], "{id} {timeout} {flags}");
                }
            }
        }
    });
}

#[test]
fn only_what_is_ready_is_told() {
    both_modules(|f| {
        // The connection has nothing to read, the listener nobody to accept, the later clock is not due.
        let events = poll(f, &[Read(STREAM), after(0), Read(LISTENER), NEVER]);
        assert_eq!(events, [clock_event(1)]);
        // With something ready, clocks that have not run out keep silent.
        let events = poll(f, &[NEVER, Read(STREAM), Writes(STREAM)]);
        assert_eq!(events, [write_event(2)]);
        let events = poll(f, &[after(1_000_000_000_000), Read(FILE)]);
        assert_eq!(events, [read_event(1, 10, 0)]);
    });
}

#[test]
fn files_are_always_ready() {
    both_modules(|f| {
        assert_eq!(poll(f, &[Read(READER), NEVER]), [read_event(0, 10, 0)]);
        assert_eq!(poll(f, &[Writes(WRITER), NEVER]), [write_event(0)]);
        assert_eq!(f.read(READER, 4).unwrap().len(), 4);
        assert_eq!(poll(f, &[Read(READER), NEVER]), [read_event(0, 6, 0)]);
        assert_eq!(f.read(READER, 100).unwrap().len(), 6);
        // At its end a file is ready too, and says that there is no more.
        assert_eq!(poll(f, &[Read(READER), NEVER]), [read_event(0, 0, 1)]);
    });
}

#[test]
fn streams_in_memory_are_always_ready() {
    both_modules(|f| {
        assert_eq!(poll(f, &[Read(STDIN), NEVER]), [read_event(0, 14, 0)]);
        assert_eq!(poll(f, &[Writes(STDOUT), NEVER]), [write_event(0)]);
        f.read(STDIN, 100).unwrap();
        assert_eq!(poll(f, &[Read(STDIN), NEVER]), [read_event(0, 0, 1)]);
    });
}

#[test]
fn connections_are_ready_when_something_has_come() {
    both_modules(|f| {
        assert_eq!(poll(f, &[Read(STREAM), after(0)]), [clock_event(1)]);
        f.peer.write_all(b"hello").unwrap();
        // Without a clock it waits, so that the system may take its time.
        let events = poll(f, &[Read(STREAM)]);
        assert_eq!(events, [read_event(0, 5, 0)]);
        assert_eq!(f.read(STREAM, 100), Ok(b"hello".to_vec()));
        f.peer.shutdown(std::net::Shutdown::Both).unwrap();
        assert_eq!(poll(f, &[Read(STREAM)]), [read_event(0, 0, 1)]);
    });
}

#[test]
fn listeners_are_ready_when_somebody_connects() {
    let mut f = Fixture::new();
    assert_eq!(poll(&mut f, &[Read(LISTENER), after(0)]), [clock_event(1)]);
    let _peer = TcpStream::connect(f.peer.peer_addr().unwrap()).unwrap();
    let events = poll(&mut f, &[Read(LISTENER)]);
    assert_eq!((events[0].error, events[0].eventtype, events[0].flags), (SUCCESS, 1, 0));
    assert!(f.accept(LISTENER, NONBLOCK).is_ok());
    assert_eq!(poll(&mut f, &[Read(LISTENER), after(0)]), [clock_event(1)]);
}

/// A descriptor that cannot be waited for is an event with an error, as POSIX has it, and the others are
/// told all the same.
#[test]
fn bad_descriptors_are_events() {
    both_modules(|f| {
        let bad = |index, eventtype| Event { index, error: BADF, eventtype, nbytes: 0, flags: 0 };
        for fd in [CLOSED, u32::MAX] {
            assert_eq!(poll(f, &[Read(fd)]), [bad(0, 1)]);
            assert_eq!(poll(f, &[Writes(fd), NEVER]), [bad(0, 2)]);
        }
        let events = poll(f, &[Read(CLOSED), Read(READER), Writes(CLOSED), NEVER, Writes(WRITER)]);
        assert_eq!(events, [bad(0, 1), read_event(1, 10, 0), bad(2, 2), write_event(4)]);
        // Nor can what is not open in that direction.
        let events = poll(f, &[Read(WRITER), Writes(READER), Read(DIR), Read(STDOUT), Writes(STDIN)]);
        assert_eq!(events, [bad(0, 1), bad(1, 2), bad(2, 1), bad(3, 1), bad(4, 2)]);
    });
}

#[test]
fn the_same_thing_twice_is_told_twice_in_order() {
    both_modules(|f| {
        let events = poll(f, &[Read(FILE), after(0), Read(FILE), Writes(STREAM), after(0), Writes(STREAM)]);
        let expected = [
            read_event(0, 10, 0),
            clock_event(1),
            read_event(2, 10, 0),
            write_event(3),
            clock_event(4),
            write_event(5),
        ];
        assert_eq!(events, expected);
    });
}

/// Events may be written over the subscriptions they answer, in either direction.
#[test]
fn events_may_overlap_subscriptions() {
    both_modules(|f| {
        let subscriptions = [Read(FILE), after(0), Read(READER), Read(CLOSED), Writes(WRITER), after(0)];
        for shift in [0_i32, 1, 8, 16, 31, -8, -31, 48, 100] {
            f.mask();
            let count = put(f, &subscriptions);
            let events = SUBSCRIPTIONS.checked_add_signed(shift).unwrap();
            assert_eq!(call!(f, poll_oneoff, SUBSCRIPTIONS, events, count, OUT), SUCCESS);
            assert_eq!(f.u32(OUT), 6);
            let told: Vec<_> =
                (0..6).map(|nth| (f.u64(events + nth * 32), f.u16(events + nth * 32 + 8))).collect();
            let expected = [0, 0, 0, BADF.number(), 0, 0];
            assert_eq!(told, (0..).zip(expected).map(|(n, errno)| (USERDATA | n, errno)).collect::<Vec<_>>());
        }
    });
}

/// The number of events comes last, and may lie anywhere that is not told otherwise.
#[test]
fn many_subscriptions() {
    let mut f = Fixture::new();
    let many = vec![Read(FILE); 300];
    let events = poll(&mut f, &many);
    assert_eq!(events.len(), 300);
    assert!(events.iter().zip(0..).all(|(event, index)| *event == read_event(index, 10, 0)));
    let mut sockets = vec![Read(STREAM); 299];
    sockets.push(after(0));
    assert_eq!(poll(&mut f, &sockets), [clock_event(299)]);
}

#[test]
fn subscriptions_are_limited() {
    let mut f = Fixture::limited(Ground::Host, |limits| limits.max_subscriptions = 3);
    assert_eq!(poll(&mut f, &[Read(FILE); 3]).len(), 3);
    let count = put(&mut f, &[Read(FILE); 4]);
    assert_eq!(call!(f, poll_oneoff, SUBSCRIPTIONS, EVENTS, count, OUT), crate::common::errno::INVAL);
}

#[cfg(unix)]
#[test]
fn a_fifo_is_ready_when_something_was_written() {
    use crate::common::fixture::RW;
    use crate::common::ops::{FOLLOW, READ};
    let mut f = Fixture::new();
    let fd = f.open(RW, "fifo", (FOLLOW, 0, READ, 0)).unwrap();
    assert_eq!(poll(&mut f, &[Read(fd), after(0)]), [clock_event(1)]);
    let mut peer = std::fs::OpenOptions::new().write(true).open(f.rw().path().join("fifo")).unwrap();
    peer.write_all(b"abc").unwrap();
    assert_eq!(poll(&mut f, &[Read(fd), NEVER]), [read_event(0, 3, 0)]);
    drop(peer);
    assert_eq!(f.read(fd, 10), Ok(b"abc".to_vec()));
    assert_eq!(poll(&mut f, &[Read(fd), NEVER]), [read_event(0, 0, 1)]);
}

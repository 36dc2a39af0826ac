//! A guest that waits in the host can be ended from another thread.
//!
//! Every call here would wait forever. Whether the interrupt comes before or while it waits is up to the
//! scheduler, and the end is the same.

use super::poll::{NEVER, Subscription, after, put};
use crate::common::errno::SUCCESS;
use crate::common::fixture::{Fixture, LISTENER, STREAM};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::FOLLOW;
use std::thread;
use wasi_policy::Trap;

/// Makes the call, interrupts it, and makes sure that it was.
fn interrupted(f: &mut Guest, name: &str, slots: &[u64]) {
    let handle = f.ctx.interrupt_handle();
    let interrupter = thread::spawn(move || {
        // The guest most likely waits by now, but need not.
        for _ in 0..100 {
            thread::yield_now();
        }
        handle.interrupt();
    });
    let outcome = f.outcome(name, slots);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
    interrupter.join().unwrap();
    // From now on whatever would wait ends at once.
    let outcome = f.outcome(name, slots);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
}

#[test]
fn sleeping() {
    let mut f = Fixture::new();
    put(&mut f, &[NEVER]);
    interrupted(&mut f, "poll_oneoff", &[0x2000, 0x6000, 1, OUT.into()]);
}

#[test]
fn polling() {
    let mut f = Fixture::new();
    put(&mut f, &[Subscription::Read(STREAM), Subscription::Read(LISTENER), NEVER]);
    interrupted(&mut f, "poll_oneoff", &[0x2000, 0x6000, 3, OUT.into()]);
}

#[test]
fn accepting() {
    let mut f = Fixture::new();
    interrupted(&mut f, "sock_accept", &[LISTENER.into(), 0, OUT.into()]);
}

#[test]
fn receiving() {
    for flags in [0, 1, 2] {
        let mut f = Fixture::new();
        let (iovs, len) = f.iovecs(&[(DATA, 10)]);
        let slots = [STREAM, iovs, len, flags, OUT, OUT + 4].map(u64::from);
        interrupted(&mut f, "sock_recv", &slots);
    }
    let mut f = Fixture::new();
    let (iovs, len) = f.iovecs(&[(DATA, 10)]);
    interrupted(&mut f, "fd_read", &[STREAM, iovs, len, OUT].map(u64::from));
}

/// The other end never reads, so at some point there is no more room.
#[test]
fn sending() {
    for name in ["sock_send", "fd_write"] {
        let mut f = Fixture::new();
        f.memory.resize(1 << 20, 0);
        let (iovs, len) = f.iovecs(&[(0, 1 << 20); 64]);
        let slots: &[u32] =
            if name == "sock_send" { &[STREAM, iovs, len, 0, OUT] } else { &[STREAM, iovs, len, OUT] };
        let slots: Vec<u64> = slots.iter().map(|slot| (*slot).into()).collect();
        let handle = f.ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let trap = loop {
            match f.outcome(name, &slots) {
                Ok(errno) => assert_eq!(errno, SUCCESS),
                Err(trap) => break trap,
            }
        };
        assert!(matches!(trap, Trap::Interrupted));
        interrupter.join().unwrap();
    }
}

/// What need not wait is not touched by an interrupt: files, memory, and what is there already.
#[test]
fn calls_that_do_not_wait_go_on() {
    let mut f = Fixture::new();
    f.ctx.interrupt_handle().interrupt();
    assert!(f.open(3, "f", (FOLLOW, 0, 2, 0)).is_ok());
    assert_eq!(f.read(6, 2), Ok(b"01".to_vec()));
    assert_eq!(f.write(1, "x"), Ok(1));
    assert_eq!(call!(f, fd_close, 6), SUCCESS);
}

/// A handle outlives its guest, and can be used as often as one likes.
#[test]
fn handles_are_free() {
    let mut f = Fixture::new();
    let handles = [f.ctx.interrupt_handle(), f.ctx.interrupt_handle(), f.ctx.interrupt_handle().clone()];
    put(&mut f, &[after(0)]);
    assert_eq!(call!(f, poll_oneoff, 0x2000, 0x6000, 1, OUT), SUCCESS);
    drop(f);
    for handle in &handles {
        handle.interrupt();
        handle.interrupt();
    }
}

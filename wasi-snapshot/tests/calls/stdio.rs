//! Tests of the host's own standard streams, lent to a guest.
//!
//! The streams of this process belong to whoever runs the tests, so each test starts a copy of itself with
//! pipes in their place; the copy finds its name in the environment and plays the guest's host.

#[cfg(unix)]
use crate::common::errno::AGAIN;
use crate::common::errno::{PIPE, SPIPE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
#[cfg(unix)]
use crate::common::ops::NONBLOCK;
use crate::common::ops::UNKNOWN;
use std::io::{Read, Write};
use std::process::Child;
use std::thread;
use test_support::copy::{finish, mode};
use wasi_policy::Trap;
use wasi_snapshot::{Sink, Source, WasiCtx};

fn is_copy() -> bool {
    mode().is_some()
}

/// Starts a copy of the test of this name.
fn copy(test: &str) -> Child {
    test_support::copy::copy(&format!("stdio::{test}"), "lends its streams")
}

fn lender() -> Guest {
    Guest::new(WasiCtx::builder().inherit_stdio())
}

#[test]
fn a_guest_reads_and_writes_the_hosts_streams() {
    if is_copy() {
        let mut guest = lender();
        let mut read = Vec::new();
        loop {
            match guest.read(0, 4).unwrap() {
                bytes if bytes.is_empty() => break,
                bytes => read.extend(bytes),
            }
        }
        assert_eq!(read, b"to the guest");
        assert_eq!(guest.write(1, "from the guest"), Ok(14));
        assert_eq!(guest.write(2, "in trouble"), Ok(10));
        for fd in 0..3 {
            assert_eq!(call!(guest, fd_seek, fd, 0, 1, OUT), SPIPE);
            assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
            // A pipe is no terminal, and has no right to seek or tell.
            assert_eq!(guest.bytes(OUT, 1), [UNKNOWN]);
            assert_eq!(guest.u64(OUT + 8) & (1 << 2 | 1 << 5), 0);
            let stat = guest.fstat(fd).unwrap();
            assert_eq!((stat.size, stat.mtim), (0, 0));
        }
        return;
    }
    let mut child = copy("a_guest_reads_and_writes_the_hosts_streams");
    child.stdin.take().unwrap().write_all(b"to the guest").unwrap();
    let output = finish(child);
    assert!(String::from_utf8_lossy(&output.stdout).contains("from the guest"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("in trouble"));
}

/// `nonblock` is the guest's wish: the flag of the host's stream belongs to all who share it. Windows has none.
#[cfg(unix)]
#[test]
fn flags_of_the_hosts_streams_are_left_alone() {
    if is_copy() {
        let flags = || rustix::fs::fcntl_getfl(rustix::stdio::stdin()).unwrap();
        let before = flags();
        let mut guest = lender();
        assert_eq!(call!(guest, fd_fdstat_set_flags, 0, NONBLOCK), SUCCESS);
        assert_eq!(guest.read(0, 4), Err(AGAIN));
        assert_eq!(flags(), before);
        return;
    }
    let mut child = copy("flags_of_the_hosts_streams_are_left_alone");
    // Kept open and empty.
    let stdin = child.stdin.take();
    finish(child);
    drop(stdin);
}

#[test]
fn waiting_for_the_hosts_input_is_interrupted() {
    if is_copy() {
        for round in 0..2 {
            let mut guest = lender();
            let handle = guest.ctx.interrupt_handle();
            let interrupter = thread::spawn(move || handle.interrupt());
            let outcome = if round == 0 {
                let (iovs, len) = guest.iovecs(&[(DATA, 4)]);
                guest.outcome("fd_read", &[0, iovs.into(), len.into(), OUT.into()])
            } else {
                // A subscription to read from descriptor 0, which zeros say but for the tag.
                guest.put(0x2000, [0; 48]);
                guest.put(0x2008, [1]);
                guest.outcome("poll_oneoff", &[0x2000, 0x6000, 1, OUT.into()])
            };
            assert!(matches!(outcome, Err(Trap::Interrupted)), "{outcome:?}");
            interrupter.join().unwrap();
        }
        return;
    }
    let mut child = copy("waiting_for_the_hosts_input_is_interrupted");
    let stdin = child.stdin.take();
    finish(child);
    drop(stdin);
}

/// Nobody reads any more: the guest is told, and the host does not die of a signal.
#[test]
fn a_reader_of_output_that_has_gone() {
    if is_copy() {
        let mut guest = lender();
        // The parent closes its end when it has heard this, and before it ends the input.
        assert_eq!(guest.write(1, "ready"), Ok(5));
        assert_eq!(guest.read(0, 1), Ok(Vec::new()));
        assert_eq!(guest.write(1, "x"), Err(PIPE));
        // The test's own report would go to the same pipe.
        std::process::exit(0);
    }
    let mut child = copy("a_reader_of_output_that_has_gone");
    let (mut stdout, mut heard) = (child.stdout.take().unwrap(), Vec::new());
    while !heard.ends_with(b"ready") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
    drop(stdout);
    drop(child.stdin.take());
    finish(child);
}

/// One stream can be lent and another kept.
#[test]
fn streams_are_lent_one_by_one() {
    if is_copy() {
        let ctx = WasiCtx::builder();
        let mut guest =
            Guest::new(ctx.stdin(Source::empty()).stdout(Sink::inherit()).stderr(Sink::discard()));
        assert_eq!(guest.read(0, 10), Ok(Vec::new()));
        assert_eq!(guest.write(1, "lent"), Ok(4));
        assert_eq!(guest.write(2, "kept"), Ok(4));
        return;
    }
    let mut child = copy("streams_are_lent_one_by_one");
    // A child that has ended already took nothing of it, as it should.
    let _ = child.stdin.take().unwrap().write_all(b"unread");
    let output = finish(child);
    assert!(String::from_utf8_lossy(&output.stdout).contains("lent"));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("kept"));
}

/// The host's pipe is blocking, and others share it, so nothing may change that: the guest writes what fits.
#[test]
fn writing_to_a_full_pipe_of_the_hosts_is_interrupted() {
    if is_copy() {
        let mut guest = lender();
        let handle = guest.ctx.interrupt_handle();
        // The parent has read the first byte, and reads no more before the end.
        let interrupter = thread::spawn(move || {
            std::io::stdin().read_exact(&mut [0; 1]).unwrap();
            handle.interrupt();
        });
        let (iovs, len) = guest.iovecs(&[(DATA, 0x7000), (DATA, 0x7000)]);
        let trap = loop {
            match guest.outcome("fd_write", &[1, iovs.into(), len.into(), OUT.into()]) {
                Ok(errno) => assert_eq!(errno, SUCCESS),
                Err(trap) => break trap,
            }
        };
        assert!(matches!(trap, Trap::Interrupted), "{trap}");
        interrupter.join().unwrap();
        // The test's own report would wait for the reader.
        std::process::exit(0);
    }
    let mut child = copy("writing_to_a_full_pipe_of_the_hosts_is_interrupted");
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    assert!(child.wait().unwrap().success());
}

//! Tests of FIFOs, devices and sockets in a preopened directory: nothing that names them may hold the host's thread.

use crate::common::errno::{AGAIN, Errno, INVAL, NXIO, SPIPE, SUCCESS};
use crate::common::fixture::{Fixture, RO, RW};
use crate::common::guest::{DATA, OUT, call};
use crate::common::ops::{CREAT, FOLLOW, NOFOLLOW, NONBLOCK, READ, SOCKET_STREAM, TRUNC, UNKNOWN, WRITE};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs `test` on a thread of its own, and fails instead of waiting forever. The time is no measure of
/// anything: what does not hang is done at once.
fn without_hanging(test: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        done.send(()).unwrap();
    });
    match finished.recv_timeout(Duration::from_secs(60)) {
        Ok(()) => thread.join().unwrap(),
        Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(thread.join().unwrap_err()),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("a call holds the thread"),
    }
}

#[test]
fn naming_a_fifo_does_not_wait_for_its_other_end() {
    without_hanging(|| {
        let mut f = Fixture::new();
        for dir in [RW, RO] {
            for lookup in [FOLLOW, NOFOLLOW] {
                assert_eq!(f.stat(dir, "fifo", lookup).unwrap().filetype, UNKNOWN);
                let fd = f.open(dir, "fifo", (lookup, 0, READ, 0)).unwrap();
                assert_eq!(f.fstat(fd).unwrap().filetype, UNKNOWN);
                assert_eq!(call!(f, fd_close, fd), SUCCESS);
            }
        }
        for lookup in [FOLLOW, NOFOLLOW] {
            for flags in [0, 1 | 4, 2 | 8] {
                assert_eq!(f.set_times(RW, "fifo", lookup, (1, 1, flags)), SUCCESS);
            }
        }
        assert_eq!(f.link(0, (RW, "fifo"), (RW, "fifo2")), SUCCESS);
        assert_eq!(f.rename((RW, "fifo2"), (RW, "fifo3")), SUCCESS);
        assert_eq!(f.at("path_unlink_file", RW, "fifo3"), SUCCESS);
        assert!(f.at("path_remove_directory", RW, "fifo") != SUCCESS);
    });
}

/// Without a reader, opening to write is an error of the system's own, as with `O_NONBLOCK` natively.
#[test]
fn a_fifo_without_a_reader_is_not_written() {
    without_hanging(|| {
        let mut f = Fixture::new();
        for how in [(FOLLOW, 0, WRITE, 0), (FOLLOW, CREAT, WRITE, 0), (FOLLOW, TRUNC, WRITE, 0)] {
            assert_eq!(f.open(RW, "fifo", how), Err(NXIO), "{how:?}");
        }
    });
}

#[test]
fn data_goes_through_a_fifo() {
    without_hanging(|| {
        let mut f = Fixture::new();
        let reader = f.open(RW, "fifo", (FOLLOW, 0, READ, NONBLOCK)).unwrap();
        assert_eq!(f.read(reader, 10), Err(AGAIN), "before the first writer");
        // An option that keeps the test itself from waiting.
        let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap();
        let open = || OpenOptions::new().write(true).custom_flags(nonblock).open(f.rw().path().join("fifo"));
        let mut peer = open().unwrap();
        assert_eq!(f.read(reader, 10), Err(AGAIN), "nothing was written yet");
        peer.write_all(b"hello").unwrap();
        assert_eq!(f.read(reader, 3), Ok(b"hel".to_vec()));
        drop(peer);
        assert_eq!(f.read(reader, 10), Ok(b"lo".to_vec()));
        assert_eq!(f.read(reader, 10), Ok(Vec::new()), "the writer has gone");

        let writer = f.open(RW, "fifo", (FOLLOW, 0, WRITE, 0)).unwrap();
        let mut peer =
            OpenOptions::new().read(true).custom_flags(nonblock).open(f.rw().path().join("fifo")).unwrap();
        assert_eq!(f.write(writer, "back"), Ok(4));
        let mut buffer = [0; 10];
        assert_eq!(peer.read(&mut buffer).unwrap(), 4);
        // There is no place to seek to.
        for fd in [reader, writer] {
            assert_eq!(call!(f, fd_seek, fd, 0, 0, OUT), SPIPE);
            assert_eq!(call!(f, fd_tell, fd, OUT), SPIPE);
            assert_eq!(call!(f, fd_sync, fd), INVAL);
        }
        let (iovs, count) = f.iovecs(&[(DATA, 4)]);
        assert_eq!(call!(f, fd_pread, reader, iovs, count, 0, OUT), SPIPE);
        assert_eq!(call!(f, fd_pwrite, writer, iovs, count, 0, OUT), SPIPE);
    });
}

/// A guest that waits for a writer can be ended.
#[test]
fn waiting_for_a_fifo_is_interrupted() {
    without_hanging(|| {
        let mut f = Fixture::new();
        let reader = f.open_read(RW, "fifo").unwrap();
        let handle = f.ctx.interrupt_handle();
        let interrupter = thread::spawn(move || handle.interrupt());
        let (iovs, count) = f.iovecs(&[(DATA, 4)]);
        let slots = [reader, iovs, count, OUT].map(u64::from);
        let outcome = f.outcome("fd_read", &slots);
        assert!(matches!(outcome, Err(wasi_policy::Trap::Interrupted)), "{outcome:?}");
        interrupter.join().unwrap();
    });
}

/// A bound socket in the directory has a name and nothing to open.
#[test]
fn a_socket_in_a_directory() {
    without_hanging(|| {
        let mut f = Fixture::new();
        let _listener = UnixListener::bind(f.rw().path().join("socket")).unwrap();
        assert_eq!(f.stat(RW, "socket", NOFOLLOW).unwrap().filetype, SOCKET_STREAM);
        assert_eq!(f.open(RW, "socket", (FOLLOW, 0, READ, 0)), Err(NXIO));
        assert_eq!(f.set_times(RW, "socket", FOLLOW, (1, 1, 5)), SUCCESS);
        assert_eq!(f.at("path_unlink_file", RW, "socket"), SUCCESS);
    });
}

/// Devices behave as streams, and a terminal of the host does not become its controlling one.
#[test]
fn devices() {
    without_hanging(|| {
        let builder = wasi_snapshot::WasiCtx::builder();
        let mut guest = crate::common::guest::Guest::new(builder.preopen_dir(
            "/dev",
            "/dev",
            wasi_snapshot::Perms::read_only(),
        ));
        let outcome = |result: Result<Vec<u8>, Errno>| result.map(|bytes| bytes.len());
        let null = guest.open_read(3, "null").unwrap();
        assert_eq!(outcome(guest.read(null, 10)), Ok(0));
        let zero = guest.open_read(3, "zero").unwrap();
        assert_eq!(outcome(guest.read(zero, 10)), Ok(10));
        assert_eq!(guest.bytes(DATA, 10), [0; 10]);
        assert_eq!(call!(guest, fd_seek, zero, 0, 0, OUT), SUCCESS);
        // With no terminal to be had, opening it is an error and nothing else.
        if let Ok(fd) = guest.open_read(3, "tty") {
            assert_eq!(call!(guest, fd_close, fd), SUCCESS);
        }
    });
}

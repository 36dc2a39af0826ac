//! Tests of streams and files that the embedder gives by handle: they may be blocking, and others may share them.

use crate::common::errno::{AGAIN, BADF, Errno, INVAL, PIPE, SPIPE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{APPEND, NONBLOCK, SOCKET_STREAM};
use crate::common::system::{make_fifo, pipe};
use crate::poll::{NEVER, Subscription, put};
use rustix::fs::{OFlags, fcntl_getfl};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread;
use tempfile::NamedTempFile;
use wasi_policy::Trap;
use wasi_snapshot::{Access, PreopenFile, WasiCtx};

const FD: u32 = 7;

/// Flags of receiving, and the right to shut down.
const PEEK: u32 = 1;
const WAITALL: u32 = 1 << 1;
const SHUTDOWN: u64 = 1 << 28;

fn guest(handle: File, access: Access) -> Guest {
    Guest::new(WasiCtx::builder().preopen_file(PreopenFile::from(handle).at(FD), access))
}

/// A handle of the guest's, one of the embedder's for the same description, and the other end.
struct Given {
    name: &'static str,
    guest: File,
    host: File,
    peer: File,
}

fn given(name: &'static str, end: impl Into<OwnedFd>, peer: impl Into<OwnedFd>) -> Given {
    let host = File::from(end.into());
    Given { name, guest: host.try_clone().unwrap(), host, peer: File::from(peer.into()) }
}

/// What a guest can wait for something to read from, and what it can wait for room in.
fn streams(reads: bool) -> Vec<Given> {
    let (reader, writer) = pipe();
    let pipe = if reads { given("pipe", reader, writer) } else { given("pipe", writer, reader) };
    let (one, other) = UnixStream::pair().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    make_fifo(&path);
    let both = || OpenOptions::new().read(true).write(true).open(&path).unwrap();
    vec![pipe, given("socket", one, other), given("fifo", both(), both())]
}

fn interrupted(guest: &mut Guest, name: &str, slots: &[u64]) {
    let handle = guest.ctx.interrupt_handle();
    let interrupter = thread::spawn(move || {
        for _ in 0..100 {
            thread::yield_now();
        }
        handle.interrupt();
    });
    let trap = loop {
        match guest.outcome(name, slots) {
            Ok(errno) => assert_eq!(errno, SUCCESS),
            Err(trap) => break trap,
        }
    };
    assert!(matches!(trap, Trap::Interrupted), "{name}: {trap}");
    interrupter.join().unwrap();
}

#[test]
fn waiting_for_input_is_interrupted() {
    for Given { guest: end, host, peer, .. } in streams(true) {
        let mut g = guest(end, Access::Read);
        let (iovs, len) = g.iovecs(&[(DATA, 10), (DATA + 10, 10)]);
        interrupted(&mut g, "fd_read", &[FD, iovs, len, OUT].map(u64::from));
        put(&mut g, &[Subscription::Read(FD), NEVER]);
        interrupted(&mut g, "poll_oneoff", &[0x2000, 0x6000, 2, OUT.into()]);
        drop((host, peer));
    }
}

/// Whatever fits has been written by then, in pieces of any size.
#[test]
fn waiting_for_room_is_interrupted() {
    for len in [1, 600, 0x1000, 0x1001, 0x7000] {
        for Given { guest: end, host, peer, .. } in streams(false) {
            let mut g = guest(end, Access::Write);
            let (iovs, count) = g.iovecs(&[(DATA, len), (DATA, len), (DATA, len)]);
            interrupted(&mut g, "fd_write", &[FD, iovs, count, OUT].map(u64::from));
            drop((host, peer));
        }
    }
}

/// The guest's flags are its own; the embedder's description keeps those that it had.
#[test]
fn flags_of_the_embedder_are_left_alone() {
    for reads in [true, false] {
        for Given { name, guest: end, host, peer } in streams(reads) {
            let before = fcntl_getfl(&host).unwrap();
            assert!(!before.contains(OFlags::NONBLOCK));
            let access = if reads { Access::Read } else { Access::Write };
            let mut g = guest(end, access);
            for flags in [NONBLOCK, APPEND, APPEND | NONBLOCK, 0, NONBLOCK] {
                assert_eq!(call!(g, fd_fdstat_set_flags, FD, flags), SUCCESS, "{name}");
                assert_eq!(fcntl_getfl(&host).unwrap(), before, "{name}");
                assert_eq!(call!(g, fd_fdstat_get, FD, OUT), SUCCESS);
                assert_eq!(u32::from(g.u16(OUT + 2)), flags);
            }
            if reads {
                assert_eq!(g.read(FD, 10), Err(AGAIN), "{name}");
            } else {
                let full = (0..10_000).find_map(|_| g.write(FD, [b'x'; 0x7000]).err());
                assert_eq!(full, Some(AGAIN), "{name}");
            }
            assert_eq!(fcntl_getfl(&host).unwrap(), before, "{name}");
            drop((host, peer));
        }
    }
}

#[test]
fn bytes_go_through() {
    for armed in [false, true] {
        for Given { name, guest: end, host, mut peer } in streams(true) {
            let mut g = guest(end, Access::Read);
            let _handle = armed.then(|| g.ctx.interrupt_handle());
            peer.write_all(b"to the guest").unwrap();
            assert_eq!(g.read(FD, 6), Ok(b"to the".to_vec()), "{name}");
            assert_eq!(g.read(FD, 100), Ok(b" guest".to_vec()), "{name}");
            assert_eq!(call!(g, fd_seek, FD, 0, 0, OUT), SPIPE);
            if name != "fifo" {
                drop(peer);
                assert_eq!(g.read(FD, 100), Ok(Vec::new()), "{name}: the end");
            }
            drop(host);
        }
        for Given { name, guest: end, host, mut peer } in streams(false) {
            let mut g = guest(end, Access::Write);
            let _handle = armed.then(|| g.ctx.interrupt_handle());
            assert_eq!(g.write(FD, "from the guest"), Ok(14), "{name}");
            let mut buffer = [0; 14];
            peer.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"from the guest");
            if name == "pipe" {
                drop(peer);
                assert_eq!(g.write(FD, "x"), Err(PIPE));
            }
            drop(host);
        }
    }
}

/// Appending is the guest's own way to write: another writer's cursor and flags do not change.
#[test]
fn appending_to_a_given_file() {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), "0123").unwrap();
    let mut host = OpenOptions::new().read(true).write(true).open(file.path()).unwrap();
    let before = fcntl_getfl(&host).unwrap();
    let mut g = guest(host.try_clone().unwrap(), Access::ReadWrite);
    assert_eq!(call!(g, fd_fdstat_set_flags, FD, APPEND), SUCCESS);
    assert_eq!(g.write(FD, "45"), Ok(2));
    assert_eq!(call!(g, fd_seek, FD, 1, 0, OUT), SUCCESS);
    assert_eq!(g.write(FD, "67"), Ok(2));
    // As with the host's own flag, the cursor goes along, and an offset is not looked at.
    assert_eq!(call!(g, fd_tell, FD, OUT), SUCCESS);
    assert_eq!(g.u64(OUT), 8);
    g.put(DATA, "89");
    let (iovs, len) = g.iovecs(&[(DATA, 1), (DATA + 1, 1)]);
    assert_eq!(call!(g, fd_pwrite, FD, iovs, len, 2, OUT), SUCCESS);
    assert_eq!(fs::read(file.path()).unwrap(), b"0123456789");
    assert_eq!(fcntl_getfl(&host).unwrap(), before);
    assert_eq!(call!(g, fd_fdstat_set_flags, FD, 0), SUCCESS);
    assert_eq!(call!(g, fd_seek, FD, 0, 0, OUT), SUCCESS);
    assert_eq!(g.write(FD, "ab"), Ok(2));
    // The cursor is shared, so the embedder goes on where the guest stopped.
    assert_eq!(host.stream_position().unwrap(), 2);
    host.write_all(b"cd").unwrap();
    assert_eq!(g.write(FD, "ef"), Ok(2));
    assert_eq!(fs::read(file.path()).unwrap(), b"abcdef6789");
}

/// A log is appended to, and no guest can have it otherwise.
#[test]
fn what_was_opened_to_append_to_stays_so() {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), "log").unwrap();
    let host = OpenOptions::new().append(true).open(file.path()).unwrap();
    let before = fcntl_getfl(&host).unwrap();
    let mut g = guest(host.try_clone().unwrap(), Access::Write);
    assert_eq!(call!(g, fd_fdstat_get, FD, OUT), SUCCESS);
    assert_eq!(u32::from(g.u16(OUT + 2)), APPEND);
    let set = |g: &mut Guest, flags: u32| -> Errno { call!(g, fd_fdstat_set_flags, FD, flags) };
    assert_eq!(set(&mut g, 0), INVAL);
    assert_eq!(set(&mut g, NONBLOCK), INVAL);
    assert_eq!(set(&mut g, APPEND | NONBLOCK), SUCCESS);
    assert_eq!(call!(g, fd_seek, FD, 0, 0, OUT), SUCCESS);
    assert_eq!(g.write(FD, "ged"), Ok(3));
    assert_eq!(fs::read(file.path()).unwrap(), b"logged");
    assert_eq!(fcntl_getfl(&host).unwrap(), before);
}

/// A program that was given a socket may use the calls for sockets, as servers do that others start for a connection.
#[test]
fn a_socket_is_one_for_the_calls_of_sockets() {
    let pair = || {
        let (one, other) = UnixStream::pair().unwrap();
        (File::from(OwnedFd::from(one)), other)
    };
    let (host, mut peer) = pair();
    let before = fcntl_getfl(&host).unwrap();
    let mut g = guest(host.try_clone().unwrap(), Access::ReadWrite);
    assert_eq!(call!(g, fd_fdstat_get, FD, OUT), SUCCESS);
    assert_eq!((g.bytes(OUT, 1)[0], g.u64(OUT + 8) & SHUTDOWN), (SOCKET_STREAM, SHUTDOWN));
    peer.write_all(b"to the guest").unwrap();
    assert_eq!(g.recv(FD, 20, PEEK), Ok(b"to the guest".to_vec()));
    assert_eq!(g.recv(FD, 12, WAITALL), Ok(b"to the guest".to_vec()));
    assert_eq!(g.send(FD, "from the guest"), Ok(14));
    let mut heard = [0; 14];
    peer.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"from the guest");
    assert_eq!(call!(g, sock_shutdown, FD, 2), SUCCESS);
    assert_eq!(peer.read(&mut heard).unwrap(), 0);
    assert_eq!(g.send(FD, "x"), Err(PIPE));
    assert_eq!(g.accept(FD, 0), Err(INVAL));
    // It may be blocking: that is not changed, and nothing depends on it.
    let (iovs, len) = g.iovecs(&[(DATA, 10)]);
    interrupted(&mut g, "sock_recv", &[FD, iovs, len, 0, OUT, OUT + 4].map(u64::from));
    assert_eq!(fcntl_getfl(&host).unwrap(), before);

    let (end, mut peer) = pair();
    let mut g = guest(end, Access::Read);
    assert_eq!(g.send(FD, "x"), Err(BADF));
    peer.write_all(b"heard").unwrap();
    assert_eq!(g.recv(FD, 5, 0), Ok(b"heard".to_vec()));
    let (end, _peer) = pair();
    let mut g = guest(end, Access::Write);
    assert_eq!(g.recv(FD, 5, 0), Err(BADF));
    assert_eq!(g.send(FD, "x"), Ok(1));
}

//! Tests of writes to what nobody reads any more: `pipe` for the guest, and no signal for its host, however the host's
//! process takes that.
#![allow(unsafe_code, reason = "the default action of a signal is set by an unsafe call")]

use crate::common::errno::{PIPE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::older::refuse;
use crate::common::ops::{FOLLOW, NONBLOCK, WRITE};
use crate::common::system::pipe;
use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{File, OpenOptions};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use test_support::copy::{copy, finish, mode};
use wasi_snapshot::{Access, Perms, PreopenFile, Sink, WasiCtx};

/// A guest, and its descriptor of a stream that nobody reads.
fn gone() -> Vec<(&'static str, Guest, u32)> {
    let mut all = Vec::new();
    let given = |end: OwnedFd| {
        Guest::new(WasiCtx::builder().preopen_file(PreopenFile::from(File::from(end)).at(7), Access::Write))
    };
    let (reader, writer) = pipe();
    drop(reader);
    all.push(("a given pipe", given(writer.into()), 7));
    let (one, other) = UnixStream::pair().unwrap();
    drop(other);
    all.push(("a given socket", given(one.into()), 7));

    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&fifo).unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_dir(dir.path(), "/", Perms::read_write()));
    let fd = guest.open(3, "fifo", (FOLLOW, 0, WRITE, 0)).unwrap();
    drop(reader);
    all.push(("a fifo by its path", guest, fd));

    let (sink, reader) = Sink::pipe().unwrap();
    drop(reader);
    all.push(("a pipe to the host", Guest::new(WasiCtx::builder().stdout(sink)), 1));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener));
    let fd = guest.accept(3, 0).unwrap();
    assert_eq!(call!(guest, sock_shutdown, fd, 2), SUCCESS);
    assert_eq!(guest.send(fd, "x"), Err(PIPE));
    all.push(("a connection", guest, fd));

    let (reader, writer) = pipe();
    drop(reader);
    rustix::stdio::dup2_stdout(&writer).unwrap();
    all.push(("the host's own output", Guest::new(WasiCtx::builder().inherit_stdio()), 1));
    all
}

fn writes_fail() {
    for flags in [0, NONBLOCK] {
        for armed in [false, true] {
            for (name, mut guest, fd) in gone() {
                let _handle = armed.then(|| guest.ctx.interrupt_handle());
                assert_eq!(call!(guest, fd_fdstat_set_flags, fd, flags), SUCCESS);
                let (iovs, len) = guest.iovecs(&[(DATA, 1000), (DATA, 10)]);
                for _ in 0..2 {
                    assert_eq!(guest.write(fd, "x"), Err(PIPE), "{name}");
                    assert_eq!(call!(guest, fd_write, fd, iovs, len, OUT), PIPE, "{name}");
                }
            }
        }
    }
}

/// Whoever asks is told, once for each write, before the guest.
fn the_host_is_told() {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let sink = Sink::inherit_with(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let mut guest = Guest::new(WasiCtx::builder().stdout(sink));
    assert_eq!((guest.write(1, "x"), count.load(Ordering::Relaxed)), (Err(PIPE), 1));
    assert_eq!((guest.write(1, "x"), count.load(Ordering::Relaxed)), (Err(PIPE), 2));
    let (_reader, writer) = pipe();
    rustix::stdio::dup2_stdout(&writer).unwrap();
    assert_eq!((guest.write(1, "x"), count.load(Ordering::Relaxed)), (Ok(1), 2));
}

/// On systems that have a flag for it.
#[test]
#[cfg_attr(wasi_posix_only, ignore = "POSIX has no call that takes a signal back without waiting for it")]
fn no_signal_reaches_the_host() {
    in_modes("no_signal_reaches_the_host", ["", "blocks", "ignores"]);
}

#[test]
#[cfg_attr(wasi_posix_only, ignore = "POSIX has no call that takes a signal back without waiting for it")]
fn no_signal_reaches_the_host_of_an_older_system() {
    in_modes("no_signal_reaches_the_host_of_an_older_system", ["older", "older blocks", "older ignores"]);
}

fn in_modes(test: &str, modes: [&str; 3]) {
    let Some(mode) = mode() else {
        for mode in modes {
            finish(copy(&format!("gone_readers::{test}"), mode));
        }
        return;
    };
    // SAFETY: neither installs a handler.
    unsafe {
        signal(
            Signal::SIGPIPE,
            if mode.contains("ignores") { SigHandler::SigIgn } else { SigHandler::SigDfl },
        )
    }
    .unwrap();
    if mode.contains("older") {
        refuse(libc::SYS_pwritev2, libc::EOPNOTSUPP);
    }
    let pipe = SigSet::from(Signal::SIGPIPE);
    if mode.contains("blocks") {
        pipe.thread_block().unwrap();
    }
    let before = SigSet::thread_get_mask().unwrap();
    writes_fail();
    the_host_is_told();
    assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    // None is left for later.
    pipe.thread_unblock().unwrap();
    // The test's own report would go to the pipe.
    std::process::exit(0);
}

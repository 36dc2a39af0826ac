//! Tests of the process's limits: a guest runs into them before the process does.
//!
//! Limits cannot be taken back, so each test starts a copy of itself that sets its own.

use crate::common::errno::{Errno, FBIG, NFILE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{APPEND, CREAT, DIRECTORY, FOLLOW, READ, TRUNC, WRITE};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use test_support::copy::{command, finish, mode};
use wasi_snapshot::{Access, Perms, PreopenFile, Sink, WasiCtx};

/// In a copy, what it may write to; otherwise the copy has run, and has passed.
fn in_copy(test: &str) -> Option<PathBuf> {
    if let Some(place) = mode() {
        return Some(place.into());
    }
    let place = TempDir::new().unwrap();
    let mut copy = command(&format!("process_limits::{test}"), place.path().to_str().unwrap());
    copy.stdout(File::create(place.path().join("stdout")).unwrap());
    finish(copy.spawn().unwrap());
    None
}

fn limit(resource: Resource, current: u64) {
    let maximum = getrlimit(resource).maximum;
    setrlimit(resource, Rlimit { current: Some(current), maximum }).unwrap();
}

const SIZE: u64 = 10_000;

fn over(place: &Path) -> Guest {
    Guest::new(WasiCtx::builder().preopen_dir(place, "/", Perms::read_write()))
}

fn pwrite(g: &mut Guest, fd: u32, len: u32, offset: u64) -> Result<u32, Errno> {
    let (iovs, count) = g.iovecs(&[(DATA, len), (DATA, len)]);
    match call!(g, fd_pwrite, fd, iovs, count, offset, OUT) {
        SUCCESS => Ok(g.u32(OUT)),
        errno => Err(errno),
    }
}

/// The signal's default, which ends the process, is what Rust leaves as it is.
#[test]
fn files_beyond_the_limit_are_an_errno() {
    let Some(place) = in_copy("files_beyond_the_limit_are_an_errno") else { return };
    fs::write(place.join("large"), [b'x'; 20_000]).unwrap();
    limit(Resource::Fsize, SIZE);
    let mut g = over(&place);
    for flags in [0, APPEND] {
        let fd = g.open(3, "f", (FOLLOW, CREAT | TRUNC, READ | WRITE, flags)).unwrap();
        let mut written = 0;
        let errno = loop {
            match g.write(fd, [b'x'; 3_000]) {
                Ok(count) => written += u64::from(count),
                Err(errno) => break errno,
            }
        };
        assert_eq!((written, errno), (SIZE, FBIG));
        assert_eq!(g.write(fd, "x"), Err(FBIG));
    }
    let fd = g.open(3, "g", (FOLLOW, CREAT, READ | WRITE, 0)).unwrap();
    assert_eq!(pwrite(&mut g, fd, 10, SIZE - 5), Ok(5));
    for offset in [SIZE, SIZE + 1, 1 << 30] {
        assert_eq!(pwrite(&mut g, fd, 10, offset), Err(FBIG));
        assert_eq!(call!(g, fd_seek, fd, offset, 0, OUT), SUCCESS);
        assert_eq!(g.write(fd, "x"), Err(FBIG));
        assert_eq!(call!(g, fd_filestat_set_size, fd, offset + 1), FBIG);
        assert_eq!(call!(g, fd_allocate, fd, 0, offset + 1), FBIG);
        assert_eq!(call!(g, fd_allocate, fd, offset, 1), FBIG);
    }
    // What stays below is free.
    assert_eq!(call!(g, fd_filestat_set_size, fd, SIZE), SUCCESS);
    assert_eq!(call!(g, fd_filestat_set_size, fd, 1), SUCCESS);
    assert_eq!(call!(g, fd_allocate, fd, 0, SIZE), SUCCESS);
    assert_eq!(pwrite(&mut g, fd, 10, 0), Ok(20));
    // A file that is larger already can be cut, and not be written behind the limit.
    let large = g.open(3, "large", (FOLLOW, 0, READ | WRITE, 0)).unwrap();
    assert_eq!(pwrite(&mut g, large, 10, 15_000), Err(FBIG));
    assert_eq!(call!(g, fd_filestat_set_size, large, 19_000), SUCCESS);
    assert_eq!(call!(g, fd_allocate, large, 0, 19_000), SUCCESS);
}

/// So it is with files that the embedder gives, and with its own streams that lead to files.
#[test]
fn given_files_beyond_the_limit_are_an_errno() {
    let Some(place) = in_copy("given_files_beyond_the_limit_are_an_errno") else { return };
    limit(Resource::Fsize, SIZE);
    for append in [false, true] {
        let mut options = OpenOptions::new();
        options.create(true).append(append).write(true);
        let mut host = options.open(place.join(format!("f{append}"))).unwrap();
        host.write_all(&[b'x'; 6_000]).unwrap();
        let builder = WasiCtx::builder();
        let mut g = Guest::new(
            builder.preopen_file(PreopenFile::from(host.try_clone().unwrap()).at(3), Access::Write),
        );
        assert_eq!(g.write(3, [b'x'; 3_000]), Ok(3_000));
        host.write_all(b"x").unwrap();
        assert_eq!(g.write(3, [b'x'; 3_000]), Ok(999));
        assert_eq!(g.write(3, "x"), Err(FBIG));
        if !append {
            assert_eq!(call!(g, fd_fdstat_set_flags, 3, APPEND), SUCCESS);
            assert_eq!(g.write(3, "x"), Err(FBIG));
        }
    }
    let mut g = Guest::new(WasiCtx::builder().stdout(Sink::inherit()));
    let mut written = fs::metadata(place.join("stdout")).unwrap().len();
    loop {
        match g.write(1, [b'x'; 3_000]) {
            Ok(count) => written += u64::from(count),
            Err(errno) => break assert_eq!(errno, FBIG),
        }
    }
    assert_eq!(written, SIZE);
    // The report of the tests would be too much for it, too.
    std::process::exit(0);
}

#[test]
fn guests_leave_descriptors_to_the_host() {
    let Some(place) = in_copy("guests_leave_descriptors_to_the_host") else { return };
    fs::create_dir_all(place.join("a/b/c")).unwrap();
    fs::write(place.join("f"), "kept").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let guests = || [over(&place), over(&place)];
    limit(Resource::Nofile, 64);
    type Open = fn(&mut Guest, u32) -> Result<u32, Errno>;
    let kinds: [Open; 4] = [
        |g, _| g.open(3, ".", (FOLLOW, DIRECTORY, READ, 0)),
        |g, _| g.open_read(3, "f"),
        |g, n| g.open(3, format!("new{n}"), (FOLLOW, CREAT, WRITE, 0)),
        |g, n| g.open_read(3, if n % 2 == 0 { "a/b/c" } else { "a/b/../../f" }),
    ];
    for open in kinds {
        let mut guests = guests();
        let mut opened = Vec::new();
        // By turns, until both are told that there are no more.
        let refused = (0_u32..).find_map(|n| match open(&mut guests[n as usize % 2], n) {
            Ok(fd) => {
                opened.push((n as usize % 2, fd));
                None
            }
            Err(errno) => Some(errno),
        });
        assert_eq!(refused, Some(NFILE));
        assert!((20..=48).contains(&opened.len()), "{}", opened.len());
        assert_eq!(open(&mut guests[0], 1), Err(NFILE));
        assert_eq!(open(&mut guests[1], 2), Err(NFILE));
        // What needs one for a moment says so, too, and what changes something has not done it.
        assert_eq!(guests[0].open(3, "f", (FOLLOW, TRUNC, WRITE, 0)), Err(NFILE));
        assert_eq!(guests[0].open(3, "never", (FOLLOW, CREAT, WRITE, 0)), Err(NFILE));
        assert_eq!(fs::read(place.join("f")).unwrap(), b"kept");
        assert!(!place.join("never").exists());
        // The host has as many as it needs.
        let spare: Vec<_> = (0..12).map(|_| File::open(&place).unwrap()).collect();
        drop(spare);
        for (guest, fd) in opened {
            assert_eq!(call!(guests[guest], fd_close, fd), SUCCESS);
        }
        assert!(open(&mut guests[0], 1).is_ok());
    }
    // Connections wait until they can be taken.
    let mut g = Guest::new(WasiCtx::builder().preopen_listener(listener));
    let fillers: Vec<_> = (0..8).map(|_| File::open(&place).unwrap()).collect();
    let mut peers = Vec::new();
    let refused = loop {
        peers.push(TcpStream::connect(address).unwrap());
        match g.accept(3, 0) {
            Ok(_) => {}
            Err(errno) => break errno,
        }
    };
    assert_eq!(refused, NFILE);
    drop(fillers);
    assert!(g.accept(3, 0).is_ok(), "the one that was not taken");
}

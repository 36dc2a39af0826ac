//! A guest with one descriptor of every kind, over a tree with one entry of every kind.

use super::guest::Guest;
use super::ops::{CREAT, FOLLOW, READ, WRITE};
use super::tree;
use rustix::fs::{CWD, FileType, Mode};
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tempfile::TempDir;
use wasi_snapshot::{Captured, Limits, Perms, Sink, Source, WasiCtx};

pub(crate) const STDIN: u32 = 0;
pub(crate) const STDOUT: u32 = 1;
pub(crate) const STDERR: u32 = 2;
/// A preopened directory that may be written.
pub(crate) const RW: u32 = 3;
/// A preopened directory with the same contents that may not.
pub(crate) const RO: u32 = 4;
pub(crate) const LISTENER: u32 = 5;
/// `f`, to be read and written; only read; only written.
pub(crate) const FILE: u32 = 6;
pub(crate) const READER: u32 = 7;
pub(crate) const WRITER: u32 = 8;
/// `d`
pub(crate) const DIR: u32 = 9;
/// An accepted connection, whose other end is [`Fixture::peer`].
pub(crate) const STREAM: u32 = 10;
/// The lowest number that is free.
pub(crate) const FREE: u32 = 11;
/// A number that is never open.
pub(crate) const CLOSED: u32 = 99;

/// What is in `f`.
pub(crate) const CONTENTS: &[u8] = b"0123456789";
/// What standard output can take.
pub(crate) const ROOM: usize = 16;

pub(crate) struct Fixture {
    guest: Guest,
    root: Rc<TempDir>,
    pub(crate) captured: Captured,
    pub(crate) peer: TcpStream,
    second_peer: Option<TcpStream>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Fixture::over(populated(), Limits::default())
    }

    pub(crate) fn limited(limits: Limits) -> Self {
        Fixture::over(populated(), limits)
    }

    /// Over a directory that [`populated`] made, and that others may have used and left unchanged.
    pub(crate) fn over(root: Rc<TempDir>, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stdout, captured) = Sink::capture(ROOM);
        let guest = Guest::new(
            WasiCtx::builder()
                .args(["fixture", "ä"])
                .env("A", "1")
                .env("EMPTY", "")
                .stdin(Source::bytes(&b"standard input"[..]))
                .stdout(stdout)
                .preopen_dir(root.path().join("rw"), "/rw", Perms::read_write())
                .preopen_dir(root.path().join("ro"), "/ro", Perms::read_only())
                .preopen_listener(listener)
                .limits(limits),
        );
        let mut fixture = Fixture { guest, root, captured, peer, second_peer: None };
        fixture.open_all();
        fixture
    }

    fn open_all(&mut self) {
        assert_eq!(self.open(RW, "f", (FOLLOW, 0, READ | WRITE, 0)), Ok(FILE));
        assert_eq!(self.open(RW, "f", (FOLLOW, 0, READ, 0)), Ok(READER));
        assert_eq!(self.open(RW, "f", (FOLLOW, CREAT, WRITE, 0)), Ok(WRITER));
        assert_eq!(self.open_read(RW, "d"), Ok(DIR));
        assert_eq!(self.accept(LISTENER, 0), Ok(STREAM));
        self.mask();
    }

    /// Connects once more, and sends ten bytes to [`STREAM`].
    pub(crate) fn make_accept_and_receive_possible(&mut self) {
        self.second_peer = Some(TcpStream::connect(self.peer.peer_addr().unwrap()).unwrap());
        self.peer.write_all(CONTENTS).unwrap();
    }

    /// The host's directory behind [`RW`].
    pub(crate) fn rw(&self) -> PathBuf {
        self.root.path().join("rw")
    }

    /// Everything that the guest must never change: all but what is in [`RW`].
    pub(crate) fn outside(&self) -> std::collections::BTreeMap<Vec<u8>, String> {
        let mut all = self.everything();
        all.retain(|path, _| !path.starts_with(b"rw"));
        all
    }

    /// Everything that the host has: both preopens and what is beside them.
    pub(crate) fn everything(&self) -> std::collections::BTreeMap<Vec<u8>, String> {
        tree::describe(self.root.path())
    }
}

impl Deref for Fixture {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        &self.guest
    }
}

impl DerefMut for Fixture {
    fn deref_mut(&mut self) -> &mut Guest {
        &mut self.guest
    }
}

/// A directory with both preopens, and a file beside them.
pub(crate) fn populated() -> Rc<TempDir> {
    let root = TempDir::new().unwrap();
    for name in ["rw", "ro"] {
        populate(&root.path().join(name));
    }
    fs::write(root.path().join("outside"), "secret").unwrap();
    Rc::new(root)
}

/// Fills a directory with one entry of every kind.
pub(crate) fn populate(root: &Path) {
    for dir in ["d", "empty", "full", "full/x"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    fs::write(root.join("f"), CONTENTS).unwrap();
    fs::write(root.join("d/g"), "g").unwrap();
    for (target, link) in [
        ("f", "link"),
        ("d", "dirlink"),
        ("nowhere", "dangling"),
        ("loop", "loop"),
        ("../outside", "out"),
        ("/", "absolute"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    symlink(std::ffi::OsStr::from_bytes(b"\xff"), root.join("rawlink")).unwrap();
    rustix::fs::mknodat(CWD, root.join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

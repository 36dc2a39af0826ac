//! A guest with one descriptor of every kind, over a tree with one entry of every kind.

use super::guest::Guest;
use super::ops::{CREAT, FOLLOW, READ, WRITE};
use super::place::{Ground, Place};
use super::system;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};
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
    root: Place,
    pub(crate) captured: Captured,
    pub(crate) peer: TcpStream,
    second_peer: Option<TcpStream>,
}

impl Fixture {
    /// On a directory of the host.
    pub(crate) fn new() -> Self {
        Fixture::on(Ground::Host)
    }

    pub(crate) fn on(ground: Ground) -> Self {
        Fixture::over(&populated(ground), Limits::default())
    }

    pub(crate) fn limited(ground: Ground, change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        Fixture::over(&populated(ground), limits)
    }

    /// Over a directory that [`populated`] made, and that others may have used and left unchanged.
    pub(crate) fn over(root: &Place, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stdout, captured) = Sink::capture(ROOM);
        let mut builder = WasiCtx::builder()
            .args(["fixture", "ä"])
            .env("A", "1")
            .env("EMPTY", "")
            .stdin(Source::bytes(&b"standard input"[..]))
            .stdout(stdout)
            .preopen_listener(listener)
            .limits(limits);
        builder = root.at("rw").preopen(builder, "/rw", Perms::read_write());
        builder = root.at("ro").preopen(builder, "/ro", Perms::read_only());
        let guest = Guest::new(builder);
        let mut fixture = Fixture { guest, root: root.clone(), captured, peer, second_peer: None };
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

    /// The directory behind [`RW`].
    pub(crate) fn rw(&self) -> Place {
        self.root.at("rw")
    }

    /// Everything that the guest must never change: all but what is in [`RW`].
    pub(crate) fn outside(&self) -> BTreeMap<Vec<u8>, String> {
        let mut all = self.everything();
        all.retain(|path, _| !path.starts_with(b"rw"));
        all
    }

    /// Everything that there is: both preopens and what is beside them.
    pub(crate) fn everything(&self) -> BTreeMap<Vec<u8>, String> {
        self.root.describe()
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
pub(crate) fn populated(ground: Ground) -> Place {
    let root = Place::new(ground);
    for name in ["rw", "ro"] {
        root.make_dir(name);
        populate(&root.at(name));
    }
    root.make_file("outside", "secret");
    root
}

/// Fills a directory with one entry of every kind. Only the host has FIFOs, and links to what is no UTF-8.
pub(crate) fn populate(root: &Place) {
    for dir in ["d", "empty", "full/x"] {
        root.make_dir(dir);
    }
    root.make_file("f", CONTENTS);
    root.make_file("d/g", "g");
    for (target, link) in [
        ("f", "link"),
        ("d", "dirlink"),
        ("nowhere", "dangling"),
        ("loop", "loop"),
        ("../outside", "out"),
        ("/", "absolute"),
    ] {
        root.make_link(target, link);
    }
    if let Place::Host(_, path, _) = root {
        system::populate(path);
    }
}

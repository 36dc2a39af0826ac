//! The kinds of descriptors, each with an object of the system of the same kind.

use crate::common;
use crate::common::guest::Guest;
use crate::common::ops::{CREAT, DIRECTORY, FOLLOW, READ, WRITE};
use crate::common::place::{Ground, Place};
use crate::common::system::make_fifo;
use rustix::fs::{CWD, Mode, OFlags, fcntl_getfl, fcntl_setfl};
use std::any::Any;
use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use wasi_snapshot::{
    Access, Errno, File as OwnFile, Filestat, Filetype, Perms, PreopenFile, ReadyFlag, Sink, Source, WasiCtx,
    WasiCtxBuilder,
};

/// A guest with a descriptor, and what the system has of its kind. Neither waits.
pub(super) struct Object {
    pub(super) guest: Guest,
    pub(super) fd: u32,
    pub(super) native: OwnedFd,
    /// Other ends and directories, which are to stay.
    #[expect(dead_code, reason = "it is dropped with the rest")]
    kept: Box<dyn Any>,
}

impl Object {
    fn new(guest: Guest, fd: u32, native: impl Into<OwnedFd>, kept: impl Any) -> Self {
        let native = native.into();
        fcntl_setfl(&native, fcntl_getfl(&native).unwrap() | OFlags::NONBLOCK).unwrap();
        Object { guest, fd, native, kept: Box::new(kept) }
    }
}

/// One end for the guest or for the system, and what has to be kept meanwhile.
type End = (OwnedFd, Box<dyn Any>);

fn open(path: impl AsRef<Path>, flags: OFlags) -> OwnedFd {
    rustix::fs::openat(CWD, path.as_ref(), flags | OFlags::NOCTTY | OFlags::NONBLOCK, Mode::empty()).unwrap()
}

/// The flags that a guest's way to open corresponds to.
fn flags(access: Access) -> OFlags {
    match access {
        Access::Read => OFlags::RDONLY,
        Access::Write => OFlags::WRONLY,
        Access::ReadWrite => OFlags::RDWR,
    }
}

fn tree() -> Place {
    let place = Place::new(Ground::Host);
    place.make_dir("d");
    place.make_file("f", "0123456789");
    make_fifo(&place.path().join("fifo"));
    place
}

fn file(access: Access) -> End {
    let place = tree();
    (open(place.path().join("f"), flags(access)), Box::new(place))
}

fn pipe(access: Access) -> End {
    let (reader, writer) = common::system::pipe();
    match access {
        Access::Read => (reader.into(), Box::new(writer)),
        _ => (writer.into(), Box::new(reader)),
    }
}

fn fifo(access: Access) -> End {
    let place = tree();
    let path = place.path().join("fifo");
    let other = open(&path, OFlags::RDWR);
    (open(path, flags(access)), Box::new((place, other)))
}

fn socket(_: Access) -> End {
    let (one, other) = UnixStream::pair().unwrap();
    (one.into(), Box::new(other))
}

fn null(access: Access) -> End {
    (open("/dev/null", flags(access)), Box::new(()))
}

/// A new one, of which this is the end that a terminal emulator has.
fn terminal(access: Access) -> End {
    (open("/dev/ptmx", flags(access)), Box::new(()))
}

/// What a guest opens by its path.
fn by_path(dir: &Place, path: &str, access: Access) -> Object {
    let builder = WasiCtx::builder().preopen_dir(dir.path(), "/", Perms::read_write()).preopen_dir(
        "/dev",
        "/dev",
        Perms::read_write(),
    );
    let mut guest = Guest::new(builder);
    let rights = match access {
        Access::Read => READ,
        Access::Write => WRITE,
        Access::ReadWrite => READ | WRITE,
    };
    let (at, path, host) = match path.strip_prefix("/dev/") {
        Some(name) => (4, name, Path::new(path).to_owned()),
        None => (3, path, dir.path().join(path)),
    };
    let is_dir = host.is_dir();
    let oflags = if is_dir { DIRECTORY } else { 0 };
    // The same FIFO would have what the guest writes.
    let other = tree();
    let native = if host.starts_with("/dev") { host } else { other.path().join(path) };
    let fd = guest.open(at, path, (FOLLOW, oflags, rights, 4)).unwrap();
    Object::new(guest, fd, open(native, flags(access)), (dir.clone(), other))
}

/// What the embedder gives open.
fn given(end: fn(Access) -> End, access: Access) -> Object {
    let ((ours, kept), (native, more)) = (end(access), end(access));
    let builder = WasiCtx::builder()
        .preopen_file(PreopenFile::from(File::from(ours)).at(7), access)
        .start_nonblocking(7, true);
    Object::new(Guest::new(builder), 7, native, (kept, more))
}

/// What the embedder has as its own standard input or output.
fn inherited(end: fn(Access) -> End, access: Access) -> Object {
    let ((ours, kept), (native, more)) = (end(access), end(access));
    let mut builder = WasiCtx::builder();
    let fd = if access == Access::Read {
        rustix::stdio::dup2_stdin(&ours).unwrap();
        builder = builder.stdin(Source::inherit());
        0
    } else {
        rustix::stdio::dup2_stdout(&ours).unwrap();
        builder = builder.stdout(Sink::inherit());
        1
    };
    builder = builder.start_nonblocking(fd, true);
    Object::new(Guest::new(builder), fd, native, (ours, kept, more))
}

/// A standard stream that is no stream of the host's, and what a program would have in its place.
fn stream(
    fd: u32,
    access: Access,
    say: impl FnOnce(WasiCtxBuilder) -> (WasiCtxBuilder, Box<dyn Any>),
) -> Object {
    let (builder, kept) = say(WasiCtx::builder());
    let (native, more) = pipe(access);
    Object::new(Guest::new(builder.start_nonblocking(fd, true)), fd, native, (kept, more))
}

fn listener(unix: bool) -> Object {
    let mut builder = WasiCtx::builder();
    let place = tree();
    let native: OwnedFd = if unix {
        let bind = |name| UnixListener::bind(place.path().join(name)).unwrap();
        builder = builder.preopen_listener(bind("ours"));
        bind("theirs").into()
    } else {
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        builder = builder.preopen_listener(bind());
        bind().into()
    };
    builder = builder.start_nonblocking(3, true);
    Object::new(Guest::new(builder), 3, native, place)
}

/// A connection that the guest accepted.
fn connection() -> Object {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (client, other) = (TcpStream::connect(address).unwrap(), listener.try_clone().unwrap());
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener));
    let fd = guest.accept(3, 4).unwrap();
    let second = TcpStream::connect(address).unwrap();
    // The listener does not wait any more, but the connection is there.
    let native = other.accept().unwrap().0;
    Object::new(guest, fd, native, (client, second))
}

/// A stream of the embedder's own, which is never ready, or a file.
struct Own(Filetype, ReadyFlag);

impl OwnFile for Own {
    fn filestat(&self) -> Result<Filestat, Errno> {
        let mut stat = Filestat::new(self.0);
        stat.size = 10;
        Ok(stat)
    }

    fn read_at(&mut self, buffer: &mut [u8], _: u64) -> Result<usize, Errno> {
        if self.0 == Filetype::RegularFile { Ok(buffer.len()) } else { Err(Errno::Again) }
    }

    fn write_at(&mut self, bytes: &[u8], _: u64) -> Result<usize, Errno> {
        Ok(bytes.len())
    }

    fn set_size(&mut self, _: u64) -> Result<(), Errno> {
        if self.0 == Filetype::RegularFile { Ok(()) } else { Err(Errno::Inval) }
    }

    fn set_times(&mut self, _: wasi_snapshot::SetTime, _: wasi_snapshot::SetTime) -> Result<(), Errno> {
        Ok(())
    }

    fn readable(&self) -> Option<&ReadyFlag> {
        Some(&self.1)
    }
}

fn own(filetype: Filetype, end: fn(Access) -> End, access: Access) -> Object {
    let builder = WasiCtx::builder()
        .preopen_file(PreopenFile::from(Own(filetype, ReadyFlag::new().unwrap())).at(7), access)
        .start_nonblocking(7, true);
    let (native, kept) = end(access);
    Object::new(Guest::new(builder), 7, native, kept)
}

/// What is in a directory in memory.
fn in_memory(path: &str, access: Access) -> Object {
    let dir = Place::new(Ground::Memory);
    dir.make_dir("d");
    dir.make_file("f", "0123456789");
    let mut guest = Guest::new(dir.preopen(WasiCtx::builder(), "/", Perms::read_write()));
    let rights = if access == Access::Read { READ } else { READ | WRITE };
    let (oflags, other) = (if path == "d" { DIRECTORY } else { CREAT }, tree());
    let fd = guest.open(3, path, (FOLLOW, oflags, rights, 0)).unwrap();
    let native = open(other.path().join(path), flags(access));
    Object::new(guest, fd, native, other)
}

pub(super) type Kind = (&'static str, fn() -> Object);

/// All kinds. What is made of one is used for one call.
pub(super) fn kinds() -> Vec<Kind> {
    use Access::{Read, ReadWrite, Write};
    vec![
        ("directory", || by_path(&tree(), "d", Read)),
        ("preopened directory", || Object { fd: 3, ..by_path(&tree(), "d", Read) }),
        ("directory in memory", || in_memory("d", Read)),
        ("file", || by_path(&tree(), "f", ReadWrite)),
        ("file to read", || by_path(&tree(), "f", Read)),
        ("file to write", || by_path(&tree(), "f", Write)),
        ("file in memory", || in_memory("f", ReadWrite)),
        ("file in memory to read", || in_memory("f", Read)),
        ("given file", || given(file, ReadWrite)),
        ("given file to read", || given(file, Read)),
        ("own file", || own(Filetype::RegularFile, file, ReadWrite)),
        ("own file to read", || own(Filetype::RegularFile, file, Read)),
        ("inherited file to read", || inherited(file, Read)),
        ("inherited file to write", || inherited(file, Write)),
        ("null device", || by_path(&tree(), "/dev/null", ReadWrite)),
        ("given null device", || given(null, ReadWrite)),
        ("inherited null device to read", || inherited(null, Read)),
        ("inherited null device to write", || inherited(null, Write)),
        ("terminal", || by_path(&tree(), "/dev/ptmx", ReadWrite)),
        ("given terminal", || given(terminal, ReadWrite)),
        ("inherited terminal to read", || inherited(terminal, Read)),
        ("inherited terminal to write", || inherited(terminal, Write)),
        ("fifo", || by_path(&tree(), "fifo", ReadWrite)),
        ("given fifo", || given(fifo, ReadWrite)),
        ("given pipe to read", || given(pipe, Read)),
        ("given pipe to write", || given(pipe, Write)),
        ("inherited pipe to read", || inherited(pipe, Read)),
        ("inherited pipe to write", || inherited(pipe, Write)),
        ("own stream", || own(Filetype::Unknown, fifo, ReadWrite)),
        ("stream of nothing to read", || {
            // At its end, so the system's has no other end either.
            let object = stream(0, Read, |b| (b, Box::new(())));
            Object { kept: Box::new(()), ..object }
        }),
        ("stream of a reader", || {
            stream(0, Read, |b| {
                let (reader, kept) = common::system::pipe();
                (b.stdin(Source::reader(reader)), Box::new(kept))
            })
        }),
        ("stream of a pipe to read", || {
            stream(0, Read, |b| {
                let (source, kept) = Source::pipe().unwrap();
                (b.stdin(source), Box::new(kept))
            })
        }),
        ("stream of a pipe to write", || {
            stream(1, Write, |b| {
                let (sink, kept) = Sink::pipe().unwrap();
                (b.stdout(sink), Box::new(kept))
            })
        }),
        ("stream of a capture", || stream(1, Write, |b| (b.stdout(Sink::capture(100).0), Box::new(())))),
        ("stream of nothing to write", || stream(1, Write, |b| (b, Box::new(())))),
        ("stream of a writer", || stream(1, Write, |b| (b.stdout(Sink::writer(io::sink())), Box::new(())))),
        ("stream of a tee", || {
            stream(1, Write, |b| (b.stdout(Sink::tee(Sink::capture(100).0, Sink::discard())), Box::new(())))
        }),
        ("given socket", || given(socket, ReadWrite)),
        ("inherited socket to read", || inherited(socket, Read)),
        ("inherited socket to write", || inherited(socket, Write)),
        ("connection", connection),
        ("listener", || listener(false)),
        ("unix listener", || listener(true)),
    ]
}

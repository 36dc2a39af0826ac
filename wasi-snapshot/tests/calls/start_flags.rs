//! Tests of the flags that descriptors start with, as the embedder says or has opened them.

use crate::common::errno::{INVAL, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call, writes};
use crate::common::ops::{APPEND, DSYNC, NONBLOCK, SYNC};
use nix::libc;
use rustix::fs::{CWD, Mode, OFlags, fcntl_getfl};
use std::fs::{self, File};
use tempfile::NamedTempFile;
use test_support::MASK;
use wasi_snapshot::{
    Access, BuildError, Dir, Errno, Filestat, MemDir, MemLimits, OpenHow, Opened, PathRef, PreopenFile, Sink,
    WasiCtx,
};

const FD: u32 = 7;

/// Type, padding, flags and padding: what comes before the rights in the record of `fd_fdstat_get`.
fn head(guest: &mut Guest, fd: u32) -> [u8; 8] {
    let stat = guest.memory.clone();
    assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
    let head = guest.bytes(OUT, 8).try_into().unwrap();
    let after = OUT as usize + 24;
    assert!(guest.memory[..OUT as usize] == stat[..OUT as usize] && guest.memory[after..] == stat[after..]);
    head
}

fn flags(guest: &mut Guest, fd: u32) -> u32 {
    guest.mask();
    let head = head(guest, fd);
    assert!(head[1] == 0 && head[4..] == [0; 4] && head[0] != MASK, "{head:?}");
    u16::from_le_bytes([head[2], head[3]]).into()
}

/// An embedder's own file, over one in memory.
struct Own(Box<dyn wasi_snapshot::File>);

impl wasi_snapshot::File for Own {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.0.filestat()
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.0.write_at(bytes, offset)
    }
}

/// A file with these contents, and where they can be looked at.
fn own(contents: &'static str) -> (Own, MemDir) {
    let dir = MemDir::new(MemLimits::default());
    dir.add("file", contents).unwrap();
    let mut how = OpenHow::read();
    how.write = true;
    let Ok(Opened::File(file)) = dir.open(&PathRef::parse("file").unwrap(), how) else { panic!("no file") };
    (Own(file), dir)
}

/// A write behind a seek to the start, by cursor and by offset, goes where `append` says.
fn write_at_start(guest: &mut Guest, fd: u32) {
    assert_eq!(call!(guest, fd_seek, fd, 0, 0, OUT), SUCCESS);
    assert_eq!(guest.write(fd, "ab"), Ok(2));
    assert_eq!(call!(guest, fd_seek, fd, 0, 0, OUT), SUCCESS);
    let (iovs, len) = guest.iovecs(&[(DATA, 2)]);
    guest.put(DATA, "cd");
    writes!(guest, fd_pwrite(fd, iovs, len, 0, OUT) => OUT, 2u32.to_le_bytes());
}

/// Who says how a descriptor starts: the builder by its number, the file itself, or the file of a guest that lives.
#[derive(Clone, Copy, Debug)]
enum Way {
    Builder,
    File,
    Live,
}

const WAYS: [Way; 3] = [Way::Builder, Way::File, Way::Live];

/// A guest with a file that starts so.
fn given(file: impl Into<PreopenFile>, append: bool, nonblock: bool, way: Way) -> Guest {
    let (file, builder) = (file.into().at(FD), WasiCtx::builder());
    let says = |file: PreopenFile| file.appending(append).nonblocking(nonblock);
    match way {
        Way::Builder => {
            let builder = builder.start_appending(FD, append).start_nonblocking(FD, nonblock);
            Guest::new(builder.preopen_file(file, Access::ReadWrite))
        }
        Way::File => Guest::new(builder.preopen_file(says(file), Access::ReadWrite)),
        Way::Live => {
            let mut guest = Guest::new(builder);
            assert_eq!(guest.ctx.push_file(says(file), Access::ReadWrite), Ok(FD));
            guest
        }
    }
}

#[test]
fn an_embedders_own_file_can_start_appending() {
    for way in WAYS {
        for (append, expected) in [(true, "01234abcd"), (false, "cd234")] {
            let (file, dir) = own("01234");
            let mut guest = given(file, append, false, way);
            assert_eq!(flags(&mut guest, FD), if append { APPEND } else { 0 });
            write_at_start(&mut guest, FD);
            assert_eq!(dir.read("file").unwrap(), expected.as_bytes());
            // The flag is the guest's from here on.
            assert_eq!(call!(guest, fd_fdstat_set_flags, FD, 0), SUCCESS);
            assert_eq!(flags(&mut guest, FD), 0);
            assert_eq!(call!(guest, fd_seek, FD, 0, 0, OUT), SUCCESS);
            assert_eq!(guest.write(FD, "X"), Ok(1));
            assert_eq!(dir.read("file").unwrap()[0], b'X');
        }
    }
}

fn opened(file: &NamedTempFile, flags: OFlags) -> File {
    rustix::fs::openat(CWD, file.path(), OFlags::RDWR | flags, Mode::empty()).unwrap().into()
}

/// The host's handle can be another's, whose flags stay as they were.
#[test]
fn a_handle_can_start_appending() {
    for way in WAYS {
        for (append, expected) in [(true, "01234abcd"), (false, "cd234")] {
            let file = NamedTempFile::new().unwrap();
            fs::write(file.path(), "01234").unwrap();
            let host = opened(&file, OFlags::empty());
            let before = fcntl_getfl(&host).unwrap();
            let mut guest = given(host.try_clone().unwrap(), append, true, way);
            assert_eq!(flags(&mut guest, FD), if append { APPEND | NONBLOCK } else { NONBLOCK });
            write_at_start(&mut guest, FD);
            assert_eq!(fs::read(file.path()).unwrap(), expected.as_bytes());
            assert_eq!(fcntl_getfl(&host).unwrap(), before);
        }
    }
}

/// Everything has flags, also what has no end to append to.
#[test]
fn streams_can_start_so() {
    let mut builder = WasiCtx::builder();
    let (file, dir) = own("log");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    builder = builder.stdout(Sink::file(file)).preopen_listener(listener);
    for fd in [0, 1, 3] {
        builder = builder.start_appending(fd, true);
    }
    let mut guest = Guest::new(builder);
    assert_eq!([0, 1, 2, 3].map(|fd| flags(&mut guest, fd)), [APPEND, APPEND, 0, APPEND | NONBLOCK]);
    assert_eq!(guest.write(1, "ged"), Ok(3));
    assert_eq!(dir.read("file").unwrap(), b"logged");
}

/// What a handle was opened with is told, and stays.
#[test]
fn what_a_handle_was_opened_with() {
    // The library takes the one for the other.
    let dsync = OFlags::from_bits_retain(libc::O_DSYNC as u32);
    for (host, guests) in [
        (OFlags::APPEND, APPEND),
        (dsync, DSYNC),
        (OFlags::SYNC, SYNC),
        (OFlags::APPEND | dsync, APPEND | DSYNC),
        // Nobody else may be kept from waiting; whether the guest waits is its own business.
        (OFlags::NONBLOCK, 0),
    ] {
        let file = NamedTempFile::new().unwrap();
        let given = || PreopenFile::from(opened(&file, host)).at(FD);
        let mut guest = Guest::new(WasiCtx::builder().preopen_file(given(), Access::ReadWrite));
        assert_eq!(flags(&mut guest, FD), guests, "{host:?}");
        // As libcs set a flag: all that were found, and one more.
        assert_eq!(call!(guest, fd_fdstat_set_flags, FD, guests | NONBLOCK), SUCCESS);
        assert_eq!(flags(&mut guest, FD), guests | NONBLOCK);
        let without = call!(guest, fd_fdstat_set_flags, FD, 0);
        assert_eq!(without, if guests == 0 { SUCCESS } else { INVAL });
        let by_number =
            WasiCtx::builder().preopen_file(given(), Access::ReadWrite).start_appending(FD, false);
        let by_itself = WasiCtx::builder().preopen_file(given().appending(false), Access::ReadWrite);
        for unset in [by_number.build(), by_itself.build()] {
            match unset {
                Err(BuildError::Start { fd: FD, .. }) => assert_eq!(guests & APPEND, APPEND),
                other => assert!(other.is_ok() && guests & APPEND == 0, "{host:?}: {other:?}"),
            }
        }
        guest.ctx.close(FD).unwrap();
        let pushed = guest.ctx.push_file(given().appending(false), Access::ReadWrite);
        assert_eq!(pushed, if guests & APPEND == 0 { Ok(FD) } else { Err(Errno::Inval) });
    }
}

#[test]
fn nobody_starts_at_a_number_that_is_not_open() {
    let built = WasiCtx::builder().start_appending(3, true).build();
    assert!(matches!(built, Err(BuildError::NotOpen(3))));
}

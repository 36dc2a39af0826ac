//! Tests of standard streams that are files, and of devices that can be sought and those that cannot.

use crate::common::errno::{SPIPE, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{APPEND, REGULAR_FILE};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use test_support::copy::{copy, finish, mode};
use wasi_snapshot::{Perms, Sink, WasiCtx};

const CHARACTER_DEVICE: u8 = 2;

/// The rights to seek and to tell.
const PLACES: u64 = 1 << 2 | 1 << 5;

fn fdstat(guest: &mut Guest, fd: u32) -> (u8, u32, u64) {
    assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
    (guest.bytes(OUT, 1)[0], guest.u16(OUT + 2).into(), guest.u64(OUT + 8) & PLACES)
}

#[test]
fn files_stay_files() {
    if mode().is_none() {
        finish(copy("stdio_files::files_stay_files", "files"));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name| dir.path().join(name);
    std::fs::write(path("in"), "0123456789").unwrap();
    std::fs::write(path("log"), "old").unwrap();
    let mut input = File::open(path("in")).unwrap();
    let mut output = OpenOptions::new().read(true).write(true).create_new(true).open(path("out")).unwrap();
    let log = OpenOptions::new().append(true).open(path("log")).unwrap();
    rustix::stdio::dup2_stdin(&input).unwrap();
    rustix::stdio::dup2_stdout(&output).unwrap();
    rustix::stdio::dup2_stderr(&log).unwrap();
    input.seek_relative(2).unwrap();
    let mut guest = Guest::new(WasiCtx::builder().inherit_stdio());

    // Nothing but the guest's own reading and seeking moves the cursor, which others share.
    for fd in 0..3 {
        let append = if fd == 2 { APPEND } else { 0 };
        assert_eq!(fdstat(&mut guest, fd), (REGULAR_FILE, append, PLACES));
    }
    let stat = guest.fstat(0).unwrap();
    assert_eq!((stat.filetype, stat.size, stat.nlink), (REGULAR_FILE, 10, 1));
    assert!(stat.mtim > 0);
    let (iovs, len) = guest.iovecs(&[(DATA, 3)]);
    assert_eq!(call!(guest, fd_pread, 0, iovs, len, 7, OUT), SUCCESS);
    assert_eq!(guest.bytes(DATA, 3), b"789");
    assert_eq!(input.stream_position().unwrap(), 2);
    assert_eq!(guest.read(0, 2), Ok(b"23".to_vec()));
    assert_eq!(input.stream_position().unwrap(), 4);
    assert_eq!(call!(guest, fd_seek, 0, -1, 2, OUT), SUCCESS);
    assert_eq!(guest.u64(OUT), 9);
    let mut rest = String::new();
    input.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "9");
    assert_eq!(guest.read(0, 2), Ok(Vec::new()));

    assert_eq!(guest.write(1, "ab"), Ok(2));
    output.write_all(b"cd").unwrap();
    assert_eq!(guest.write(1, "ef"), Ok(2));
    guest.put(DATA, "XY");
    let (iovs, len) = guest.iovecs(&[(DATA, 2)]);
    assert_eq!(call!(guest, fd_pwrite, 1, iovs, len, 0, OUT), SUCCESS);
    assert_eq!(call!(guest, fd_filestat_set_size, 1, 5), SUCCESS);
    assert_eq!(std::fs::read(path("out")).unwrap(), b"XYcde");
    assert_eq!(guest.write(2, "new"), Ok(3));
    assert_eq!(std::fs::read(path("log")).unwrap(), b"oldnew");

    // Behind a tee there is a stream.
    let tee = Sink::tee(Sink::inherit(), Sink::discard());
    let mut guest = Guest::new(WasiCtx::builder().stdout(tee));
    assert_eq!(fdstat(&mut guest, 1), (0, 0, 0));
    assert_eq!(call!(guest, fd_seek, 1, 0, 0, OUT), SPIPE);
    std::process::exit(0);
}

/// The null device has one place, and is no terminal, whichever way it comes.
#[test]
fn the_null_device() {
    if mode().is_none() {
        finish(copy("stdio_files::the_null_device", "null"));
        return;
    }
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
    rustix::stdio::dup2_stdin(&null).unwrap();
    rustix::stdio::dup2_stdout(&null).unwrap();
    let mut guest =
        Guest::new(WasiCtx::builder().inherit_stdio().preopen_dir("/dev", "/dev", Perms::read_only()));
    let opened = guest.open_read(3, "null").unwrap();
    for fd in [0, 1, opened] {
        assert_eq!(fdstat(&mut guest, fd), (CHARACTER_DEVICE, 0, PLACES), "{fd}");
        for whence in 0..3 {
            assert_eq!(call!(guest, fd_seek, fd, 5, whence, OUT), SUCCESS);
            assert_eq!(guest.u64(OUT), 0);
        }
    }
    assert_eq!((guest.read(0, 5), guest.read(opened, 5)), (Ok(Vec::new()), Ok(Vec::new())));
    assert_eq!(guest.write(1, "gone"), Ok(4));
    let (iovs, len) = guest.iovecs(&[(DATA, 3)]);
    assert_eq!(call!(guest, fd_pread, opened, iovs, len, 7, OUT), SUCCESS);
    assert_eq!(call!(guest, fd_pwrite, 1, iovs, len, 7, OUT), SUCCESS);
    assert_eq!(guest.u32(OUT), 3);
    std::process::exit(0);
}

/// A terminal by its path is one: a new one can be had without owning any.
#[test]
fn a_terminal_by_its_path() {
    let mut guest = Guest::new(WasiCtx::builder().preopen_dir("/dev", "/dev", Perms::read_only()));
    let terminal = guest.open_read(3, "ptmx").unwrap();
    assert_eq!(fdstat(&mut guest, terminal), (CHARACTER_DEVICE, 0, 0));
    assert_eq!(call!(guest, fd_seek, terminal, 0, 1, OUT), SPIPE);
    let (iovs, len) = guest.iovecs(&[(DATA, 3)]);
    assert_eq!(call!(guest, fd_pread, terminal, iovs, len, 7, OUT), SPIPE);
}

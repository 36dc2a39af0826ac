//! Tests of calls on descriptors themselves: types, flags, rights, preopens.

use super::GROUND;
use crate::common::errno::{BADF, INVAL, NOTSUP, SUCCESS};
use crate::common::fixture::{
    DIR, FILE, Fixture, LISTENER, READER, RO, RW, STDERR, STDIN, STDOUT, STREAM, WRITER,
};
use crate::common::guest::{Guest, OUT, call, writes};
use crate::common::ops::{
    APPEND, CREAT, DIRECTORY, DSYNC, FOLLOW, NONBLOCK, READ, REGULAR_FILE, RSYNC, SOCKET_STREAM, SYNC,
    TYPE_DIRECTORY, UNKNOWN, WRITE,
};
use crate::common::place::Place;
use test_support::SIZE;
use wasi_snapshot::{Perms, WasiCtx};

/// Bits of `rights`, from the witx.
const SEEK: u64 = 1 << 2;
const TELL: u64 = 1 << 5;
const ALLOCATE: u64 = 1 << 8;
const CREATE_DIRECTORY: u64 = 1 << 9;
const CREATE_FILE: u64 = 1 << 10;
const OPEN: u64 = 1 << 13;
const READDIR: u64 = 1 << 14;
const PATH_FILESTAT_GET: u64 = 1 << 18;
const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
const FILESTAT_GET: u64 = 1 << 21;
const SET_SIZE: u64 = 1 << 22;
const UNLINK: u64 = 1 << 26;
const SHUTDOWN: u64 = 1 << 28;
const ACCEPT: u64 = 1 << 29;

/// `fdstat`: type, flags, rights, inheriting rights.
fn fdstat(guest: &mut Guest, fd: u32) -> (u8, u16, u64, u64) {
    guest.mask();
    assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
    let filetype = guest.bytes(OUT, 1)[0];
    let (flags, base, inheriting) = (guest.u16(OUT + 2), guest.u64(OUT + 8), guest.u64(OUT + 16));
    // Paddings are zero, and nothing else is written.
    let mut record = vec![filetype, 0];
    record.extend(flags.to_le_bytes());
    record.extend([0; 4]);
    record.extend(base.to_le_bytes());
    record.extend(inheriting.to_le_bytes());
    guest.mask();
    writes!(guest, fd_fdstat_get(fd, SIZE - 24) => SIZE - 24, record);
    (filetype, flags, base, inheriting)
}

/// What each kind of descriptor must have and must not have, by rules R1 to R5 of the requirements.
#[test]
fn types_and_rights() {
    let mut f = Fixture::on(GROUND);
    let full_dir =
        OPEN | READDIR | PATH_FILESTAT_GET | FILESTAT_GET | CREATE_FILE | CREATE_DIRECTORY | UNLINK;
    let never_dir = READ | WRITE | SEEK | TELL | SET_SIZE | PATH_FILESTAT_SET_SIZE | ALLOCATE;
    let changing = CREATE_FILE | CREATE_DIRECTORY | UNLINK | WRITE | SET_SIZE | ALLOCATE;
    let file = SEEK | TELL | FILESTAT_GET;
    for (fd, filetype, must, must_not) in [
        (RW, TYPE_DIRECTORY, full_dir, never_dir),
        (DIR, TYPE_DIRECTORY, full_dir, never_dir),
        (RO, TYPE_DIRECTORY, OPEN | READDIR | PATH_FILESTAT_GET, never_dir | changing),
        (FILE, REGULAR_FILE, file | READ | WRITE | SET_SIZE, READDIR | OPEN),
        (READER, REGULAR_FILE, file | READ, WRITE | SET_SIZE | ALLOCATE),
        (WRITER, REGULAR_FILE, file | WRITE | SET_SIZE, READ),
        (STDIN, UNKNOWN, READ, WRITE | SEEK | TELL),
        (STDOUT, UNKNOWN, WRITE, READ | SEEK | TELL),
        (STDERR, UNKNOWN, WRITE, READ | SEEK | TELL),
        (LISTENER, SOCKET_STREAM, ACCEPT, READ | WRITE | SEEK | TELL),
        (STREAM, SOCKET_STREAM, READ | WRITE | SHUTDOWN, ACCEPT | SEEK | TELL),
    ] {
        let (found, flags, base, _) = fdstat(&mut f, fd);
        let starts = if fd == LISTENER { NONBLOCK } else { 0 };
        assert_eq!((found, u32::from(flags)), (filetype, starts), "{fd}");
        assert_eq!((base & must, base & must_not), (must, 0), "{fd}");
    }
}

/// wasi-libc masks what it asks for with these: a right that is missing here is missing in every file.
#[test]
fn directories_hand_all_rights_down() {
    let mut f = Fixture::on(GROUND);
    for dir in [RW, DIR] {
        let (_, _, base, inheriting) = fdstat(&mut f, dir);
        let (_, _, of_file, _) = fdstat(&mut f, FILE);
        assert_eq!((base | of_file) & !inheriting, 0, "{dir}");
    }
    let (_, _, base, inheriting) = fdstat(&mut f, RO);
    assert_eq!(base & !inheriting, 0);
    assert_eq!(inheriting & READ, READ);
    assert_eq!(inheriting & (WRITE | SET_SIZE | UNLINK), 0);
}

/// Programs open `.` again with the rights that they were told.
#[test]
fn a_directory_opens_again_with_its_own_rights() {
    let mut f = Fixture::on(GROUND);
    for dir in [RW, RO, DIR] {
        let (_, _, base, inheriting) = fdstat(&mut f, dir);
        let (path, len) = f.put(0x1000, ".");
        let errno = call!(f, path_open, dir, FOLLOW, path, len, DIRECTORY, base, inheriting, 0, OUT);
        assert_eq!(errno, SUCCESS);
        let again = f.u32(OUT);
        assert_eq!(fdstat(&mut f, again), fdstat(&mut f, dir));
    }
}

#[test]
fn rights_do_not_change() {
    let mut f = Fixture::on(GROUND);
    let before = fdstat(&mut f, FILE);
    assert_eq!(call!(f, fd_fdstat_set_rights, FILE, before.2, before.3), NOTSUP);
    assert_eq!(call!(f, fd_fdstat_set_rights, FILE, 0, 0), NOTSUP);
    assert_eq!(fdstat(&mut f, FILE), before);
}

#[test]
fn flags_are_told_as_they_were_set() {
    let mut f = Fixture::on(GROUND);
    for flags in [APPEND, NONBLOCK, APPEND | NONBLOCK, 0] {
        for fd in [FILE, STREAM, STDOUT, LISTENER, RW] {
            assert_eq!(call!(f, fd_fdstat_set_flags, fd, flags), SUCCESS, "{fd}");
            assert_eq!(u32::from(fdstat(&mut f, fd).1), flags, "{fd}");
        }
    }
}

#[test]
fn flags_of_opening_are_kept_one_by_one() {
    for flag in [APPEND, DSYNC, NONBLOCK, RSYNC, SYNC] {
        let mut f = Fixture::on(GROUND);
        let fd = f.open(RW, "new", (FOLLOW, CREAT, READ | WRITE, flag)).unwrap();
        assert_eq!(u32::from(fdstat(&mut f, fd).1), flag);
        // What only opening can set may stay, but neither come nor go.
        assert_eq!(call!(f, fd_fdstat_set_flags, fd, flag), SUCCESS);
        let sync = flag & (DSYNC | RSYNC | SYNC) != 0;
        assert_eq!(call!(f, fd_fdstat_set_flags, fd, 0), if sync { INVAL } else { SUCCESS });
        assert_eq!(u32::from(fdstat(&mut f, fd).1), if sync { flag } else { 0 });
    }
}

#[test]
fn preopens_have_names_in_their_order() {
    let (dir, mut builder) = (Place::new(GROUND), WasiCtx::builder());
    builder = dir.preopen(builder, "/", Perms::read_only());
    builder = dir.preopen(builder, "größe", Perms::read_write());
    let mut guest = Guest::new(builder);
    for (fd, name) in [(3, "/"), (4, "größe")] {
        let len = u32::try_from(name.len()).unwrap();
        let prestat = [[0; 4], len.to_le_bytes()].concat();
        guest.mask();
        writes!(guest, fd_prestat_get(fd, SIZE - 8) => SIZE - 8, prestat);
        guest.mask();
        writes!(guest, fd_prestat_dir_name(fd, SIZE - len, len) => SIZE - len, name.as_bytes());
        // A larger buffer gets no more than the name.
        guest.mask();
        writes!(guest, fd_prestat_dir_name(fd, OUT, len + 100) => OUT, name.as_bytes());
    }
    assert_eq!(call!(guest, fd_prestat_get, 5, OUT), BADF);
}

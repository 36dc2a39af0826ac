//! Tests of reads and writes: contents, offsets and counts.

use super::GROUND;
use crate::common::errno::{BADF, INVAL, NOSPC, SUCCESS};
use crate::common::fixture::{CONTENTS, FILE, Fixture, READER, ROOM, RW, STDERR, STDIN, STDOUT, WRITER};
use crate::common::guest::{DATA, Guest, IOVS, OUT, call, writes};
use crate::common::ops::{APPEND, CREAT, DSYNC, FOLLOW, READ, RSYNC, SYNC, TRUNC, WRITE};
use crate::common::place::Place;
use test_support::SIZE;
use wasi_snapshot::{Perms, WasiCtx};

const SET: u32 = 0;
const CUR: u32 = 1;
const END: u32 = 2;

fn tell(f: &mut Guest, fd: u32) -> u64 {
    assert_eq!(call!(f, fd_tell, fd, OUT), SUCCESS);
    f.u64(OUT)
}

fn seek(f: &mut Guest, fd: u32, offset: i64, whence: u32) -> u64 {
    assert_eq!(call!(f, fd_seek, fd, offset, whence, OUT), SUCCESS);
    f.u64(OUT)
}

#[test]
fn reading_fills_buffers_in_order() {
    let mut f = Fixture::on(GROUND);
    let (iovs, len) = f.iovecs(&[(DATA, 0), (DATA + 100, 3), (DATA, 2), (DATA + 200, 0), (DATA + 50, 20)]);
    writes!(f, fd_read(FILE, iovs, len, OUT) =>
        DATA + 100, b"012"; DATA, b"34"; DATA + 50, b"56789"; OUT, 10_u32.to_le_bytes());
    // The end is zero bytes, again and again.
    for _ in 0..2 {
        f.mask();
        let (iovs, len) = f.iovecs(&[(DATA, 5)]);
        writes!(f, fd_read(FILE, iovs, len, OUT) => OUT, [0; 4]);
    }
}

#[test]
fn reading_at_an_offset_leaves_the_cursor() {
    let mut f = Fixture::on(GROUND);
    let (iovs, len) = f.iovecs(&[(DATA, 2), (DATA + 10, 2)]);
    writes!(f, fd_pread(READER, iovs, len, 7, OUT) =>
        DATA, b"78"; DATA + 10, b"9"; OUT, 3_u32.to_le_bytes());
    assert_eq!(tell(&mut f, READER), 0);
    let (iovs, len) = f.iovecs(&[(DATA, 2)]);
    writes!(f, fd_pread(READER, iovs, len, 10, OUT) => OUT, [0; 4]);
    writes!(f, fd_pread(READER, iovs, len, 1_u64 << 40, OUT) => OUT, [0; 4]);
}

#[test]
fn writing_takes_buffers_in_order() {
    let mut f = Fixture::on(GROUND);
    f.put(DATA, "abc");
    // The same bytes may be written twice.
    let (iovs, len) = f.iovecs(&[(DATA + 2, 1), (DATA, 0), (DATA, 3), (DATA, 3)]);
    writes!(f, fd_write(WRITER, iovs, len, OUT) => OUT, 7_u32.to_le_bytes());
    assert_eq!(f.rw().read("f"), b"cabcabc789");
    assert_eq!(tell(&mut f, WRITER), 7);
    writes!(f, fd_pwrite(WRITER, iovs, len, 12, OUT) => OUT, 7_u32.to_le_bytes());
    assert_eq!(f.rw().read("f"), b"cabcabc789\0\0cabcabc");
    assert_eq!(tell(&mut f, WRITER), 7);
}

#[test]
fn nothing_to_transfer_is_fine() {
    let mut f = Fixture::on(GROUND);
    for (iovs, len) in [(IOVS, 0), (SIZE, 0)] {
        writes!(f, fd_read(FILE, iovs, len, OUT) => OUT, [0; 4]);
        writes!(f, fd_pread(FILE, iovs, len, 3, OUT) => OUT, [0; 4]);
        writes!(f, fd_write(FILE, iovs, len, OUT) => OUT, [0; 4]);
        writes!(f, fd_pwrite(FILE, iovs, len, 3, OUT) => OUT, [0; 4]);
    }
    let (iovs, len) = f.iovecs(&[(SIZE, 0), (0, 0)]);
    writes!(f, fd_read(FILE, iovs, len, OUT) => OUT, [0; 4]);
    writes!(f, fd_write(FILE, iovs, len, OUT) => OUT, [0; 4]);
    assert_eq!(f.rw().read("f"), CONTENTS);
}

/// Buffers may overlap; whatever is read then, it is the file's start, and the count tells how much.
#[test]
fn overlapping_buffers_are_read_into() {
    let mut f = Fixture::on(GROUND);
    let (iovs, len) = f.iovecs(&[(DATA, 4), (DATA + 2, 4)]);
    assert_eq!(call!(f, fd_read, FILE, iovs, len, OUT), SUCCESS);
    let count = f.u32(OUT);
    assert!((1..=8).contains(&count));
    assert_eq!(tell(&mut f, FILE), u64::from(count));
    assert_eq!(f.bytes(DATA, 2), b"01");
}

/// More buffers than go into one system call, full and empty ones mixed.
#[test]
fn many_buffers() {
    let dir = Place::new(GROUND);
    let contents: Vec<u8> = (0..=255).cycle().take(3000).collect();
    dir.make_file("f", &contents);
    let mut guest = Guest::new(dir.preopen(WasiCtx::builder(), "/", Perms::read_write()));
    let fd = guest.open_read(3, "f").unwrap();
    let list: Vec<_> =
        (0..200).map(|index| (DATA + index * 100, if index % 3 == 0 { 0 } else { 20 })).collect();
    let (iovs, len) = guest.iovecs(&list);
    assert_eq!(call!(guest, fd_read, fd, iovs, len, OUT), SUCCESS);
    assert_eq!(guest.u32(OUT), 133 * 20);
    let read: Vec<u8> = list.iter().flat_map(|(ptr, len)| guest.bytes(*ptr, *len).to_vec()).collect();
    assert_eq!(read, contents[..133 * 20]);
    let fd = guest.create(3, "copy").unwrap();
    let (iovs, len) = guest.iovecs(&list);
    assert_eq!(call!(guest, fd_write, fd, iovs, len, OUT), SUCCESS);
    assert_eq!(guest.u32(OUT), 133 * 20);
    assert_eq!(dir.read("copy"), contents[..133 * 20]);
}

#[test]
fn transfers_beyond_a_limit_are_short() {
    let mut f = Fixture::limited(GROUND, |limits| limits.max_transfer = 5);
    assert_eq!(f.read(FILE, 100), Ok(b"01234".to_vec()));
    assert_eq!(f.write(WRITER, "abcdefgh"), Ok(5));
    let mut f = Fixture::limited(GROUND, |limits| limits.max_iovecs = 2);
    let (iovs, len) = f.iovecs(&[(DATA, 1), (DATA + 1, 1), (DATA + 2, 1)]);
    assert_eq!(call!(f, fd_read, FILE, iovs, len, OUT), SUCCESS);
    assert_eq!(f.u32(OUT), 2);
}

#[test]
fn seeking() {
    let mut f = Fixture::on(GROUND);
    for (offset, whence, place) in [
        (4, SET, 4),
        (3, CUR, 7),
        (-2, CUR, 5),
        (0, CUR, 5),
        (-10, END, 0),
        (5, END, 15),
        (1_i64 << 40, SET, 1 << 40),
    ] {
        f.mask();
        let bytes = u64::to_le_bytes(place);
        writes!(f, fd_seek(FILE, offset, whence, SIZE - 8) => SIZE - 8, bytes);
        f.mask();
        writes!(f, fd_tell(FILE, OUT) => OUT, bytes);
    }
    // Another descriptor of the same file has a cursor of its own.
    assert_eq!(tell(&mut f, READER), 0);
}

/// `cur`, `end`, `set` in the older module, and not `set`, `cur`, `end`.
#[test]
fn the_older_module_orders_whence_otherwise() {
    let mut f = Fixture::on(GROUND);
    f.use_unstable();
    assert_eq!(seek(&mut f, FILE, 4, 2), 4);
    assert_eq!(seek(&mut f, FILE, 3, 0), 7);
    assert_eq!(seek(&mut f, FILE, -1, 1), 9);
}

#[test]
fn appending_goes_to_the_end_and_can_be_stopped() {
    let mut f = Fixture::on(GROUND);
    let fd = f.open(RW, "f", (FOLLOW, 0, READ | WRITE, APPEND)).unwrap();
    assert_eq!(f.write(fd, "ab"), Ok(2));
    assert_eq!(tell(&mut f, fd), 12);
    assert_eq!(seek(&mut f, fd, 0, SET), 0);
    assert_eq!(f.write(fd, "cd"), Ok(2));
    assert_eq!(tell(&mut f, fd), 14);
    assert_eq!(f.rw().read("f"), b"0123456789abcd");
    assert_eq!(call!(f, fd_fdstat_set_flags, fd, 0), SUCCESS);
    assert_eq!(seek(&mut f, fd, 0, SET), 0);
    assert_eq!(f.write(fd, "ef"), Ok(2));
    assert_eq!(f.rw().read("f"), b"ef23456789abcd");
    assert_eq!(call!(f, fd_fdstat_set_flags, fd, APPEND), SUCCESS);
    assert_eq!(f.write(fd, "gh"), Ok(2));
    assert_eq!(f.rw().read("f"), b"ef23456789abcdgh");
}

/// Changing the flags of a file must not do again what opening it did.
#[test]
fn changing_flags_does_not_cut_the_file() {
    let mut f = Fixture::on(GROUND);
    let fd = f.open(RW, "new", (FOLLOW, CREAT | TRUNC, READ | WRITE, 0)).unwrap();
    assert_eq!(f.write(fd, "abc"), Ok(3));
    assert_eq!(call!(f, fd_fdstat_set_flags, fd, APPEND), SUCCESS);
    assert_eq!(call!(f, fd_fdstat_set_flags, fd, 0), SUCCESS);
    assert_eq!(f.rw().read("new"), b"abc");
}

#[test]
fn synchronised_files_are_written_like_others() {
    for flag in [DSYNC, RSYNC, SYNC] {
        let mut f = Fixture::on(GROUND);
        let fd = f.open(RW, "new", (FOLLOW, CREAT, READ | WRITE, flag)).unwrap();
        assert_eq!(f.write(fd, "abc"), Ok(3));
        assert_eq!(call!(f, fd_sync, fd), SUCCESS);
        assert_eq!(call!(f, fd_datasync, fd), SUCCESS);
        assert_eq!(f.rw().read("new"), b"abc");
    }
    let mut f = Fixture::on(GROUND);
    for (fd, errno) in [(READER, SUCCESS), (STDIN, INVAL), (STDOUT, INVAL)] {
        assert_eq!(call!(f, fd_sync, fd), errno);
        assert_eq!(call!(f, fd_datasync, fd), errno);
    }
}

#[test]
fn sizes_are_cut_and_extended() {
    let mut f = Fixture::on(GROUND);
    for (size, contents) in [(3, &b"012"[..]), (5, b"012\0\0"), (0, b"")] {
        assert_eq!(call!(f, fd_filestat_set_size, FILE, size), SUCCESS);
        assert_eq!(f.rw().read("f"), contents);
        assert_eq!(tell(&mut f, FILE), 0);
    }
}

#[test]
fn allocating_extends_and_never_shrinks() {
    let mut f = Fixture::on(GROUND);
    for (offset, len, size) in [(0, 4, 10), (8, 4, 12), (0, 12, 12), (100, 1, 101)] {
        assert_eq!(call!(f, fd_allocate, FILE, offset, len), SUCCESS);
        assert_eq!(f.fstat(FILE).unwrap().size, size);
    }
    let start = f.rw().read("f");
    assert_eq!(&start[..12], b"0123456789\0\0");
}

#[test]
fn advice_changes_nothing() {
    let mut f = Fixture::on(GROUND);
    for advice in 0..6 {
        for (offset, len) in [(0, 0), (0, 10), (5, (1_u64 << 63) - 6), ((1_u64 << 63) - 1, 0)] {
            assert_eq!(call!(f, fd_advise, FILE, offset, len, advice), SUCCESS, "{advice} {offset} {len}");
        }
    }
    assert_eq!(f.read(FILE, 100), Ok(CONTENTS.to_vec()));
}

#[test]
fn given_input_comes_in_pieces_and_ends() {
    let mut f = Fixture::on(GROUND);
    assert_eq!(f.read(STDIN, 8), Ok(b"standard".to_vec()));
    let (iovs, len) = f.iovecs(&[(DATA, 1), (DATA + 1, 100)]);
    assert_eq!(call!(f, fd_read, STDIN, iovs, len, OUT), SUCCESS);
    let count = f.u32(OUT);
    let mut rest = f.bytes(DATA, count).to_vec();
    while let Some(more) = f.read(STDIN, 100).ok().filter(|more| !more.is_empty()) {
        rest.extend(more);
    }
    assert_eq!(rest, b" input");
    assert_eq!(f.read(STDIN, 8), Ok(Vec::new()));
}

#[test]
fn captured_output_is_limited_whichever_way_it_is_written() {
    let mut f = Fixture::on(GROUND);
    assert_eq!(f.write(STDOUT, "0123456789"), Ok(10));
    assert!(!f.captured.is_truncated());
    // Lists whose buffers are all the same bytes must not get around the limit either.
    f.put(DATA, "ab");
    let (iovs, len) = f.iovecs(&[(DATA, 2); 100]);
    writes!(f, fd_write(STDOUT, iovs, len, OUT) => OUT, 6_u32.to_le_bytes());
    assert_eq!(f.captured.bytes(), b"0123456789ababab");
    assert_eq!(f.captured.bytes().len(), ROOM);
    assert!(f.captured.is_truncated());
    assert_eq!(f.write(STDOUT, "x"), Err(NOSPC));
    // What is taken makes room.
    assert_eq!(f.captured.take().len(), ROOM);
    assert_eq!(f.write(STDOUT, "x"), Ok(1));
    assert_eq!(f.captured.bytes(), b"x");
}

#[test]
fn discarded_output_is_swallowed() {
    let mut f = Fixture::on(GROUND);
    let (iovs, len) = f.iovecs(&[(0, SIZE), (0, SIZE)]);
    writes!(f, fd_write(STDERR, iovs, len, OUT) => OUT, (2 * SIZE).to_le_bytes());
    assert_eq!(f.read(STDERR, 1), Err(BADF));
}

/// Limits of sums: more bytes than 32 bits count are a short transfer, and no error after the fact.
#[test]
fn more_than_32_bits_of_buffers() {
    let mut f = Fixture::on(GROUND);
    f.memory.resize(1 << 26, b'?');
    let (iovs, len) = f.iovecs(&[(0, 1 << 26); 100]);
    assert_eq!(call!(f, fd_write, STDERR, iovs, len, OUT), SUCCESS);
    let written = f.u32(OUT);
    assert_eq!(written, wasi_snapshot::Limits::default().max_transfer);
}

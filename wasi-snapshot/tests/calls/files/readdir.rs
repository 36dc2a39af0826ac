//! Tests of listing directories: any buffer, any cookie, names of every kind, and entries that come and go.

use super::GROUND;
use crate::common::errno::{NOMEM, SUCCESS};
use crate::common::fixture::{Fixture, RO, RW};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{DIRENT, Dirent, NOFOLLOW, REGULAR_FILE, TYPE_DIRECTORY};
use crate::common::place::Place;
use std::collections::BTreeMap;
use test_support::SIZE;
use wasi_snapshot::{Limits, Perms, WasiCtx};

fn by_name(entries: &[Dirent]) -> BTreeMap<Vec<u8>, u8> {
    entries.iter().map(|entry| (entry.name.clone(), entry.filetype)).collect()
}

fn guest(dir: &Place) -> Guest {
    Guest::new(dir.preopen(WasiCtx::builder(), "/", Perms::read_write()))
}

#[test]
fn dots_come_first_and_the_rest_is_the_hosts() {
    let mut f = Fixture::on(GROUND);
    for dir in [RW, RO] {
        let (list, _) = f.list(dir, 4096).unwrap();
        assert_eq!((&list[0].name[..], &list[1].name[..]), (&b"."[..], &b".."[..]));
        assert_eq!((list[0].filetype, list[1].filetype), (TYPE_DIRECTORY, TYPE_DIRECTORY));
        assert_eq!(list[0].ino, f.fstat(dir).unwrap().ino);
        // `..` of a preopened directory is outside, and tells nothing.
        assert_eq!(list[1].ino, list[0].ino);
        assert_eq!(by_name(&list[2..]), f.rw().list());
        assert_eq!(list.len(), f.rw().list().len() + 2);
    }
}

#[test]
fn numbers_are_those_of_attributes() {
    let mut f = Fixture::on(GROUND);
    for entry in &f.list(RW, 4096).unwrap().0[2..] {
        let stat = f.stat(RW, &entry.name, NOFOLLOW).unwrap();
        assert_eq!((entry.ino, entry.filetype), (stat.ino, stat.filetype), "{:?}", entry.name.escape_ascii());
    }
}

/// The bytes of a listing are one text, and each buffer shows a window on it from its cookie on.
#[test]
fn every_size_of_buffer_shows_the_same() {
    let mut f = Fixture::on(GROUND);
    let (list, _) = f.list(RW, 4096).unwrap();
    let whole = f.readdir_bytes(RW, 4096, 0).unwrap();
    assert!(whole.len() < 4096);
    for len in 0..=4096 {
        f.memory.fill(b'?');
        let got = f.readdir_bytes(RW, len, 0).unwrap();
        // Full to the last byte, if there is more to tell.
        assert_eq!(got, whole[..whole.len().min(len as usize)], "{len}");
        assert!(f.bytes(DATA + got.len() as u32, 100).iter().all(|byte| *byte == b'?'));
    }
    // A libc starts again from the last entry that came whole; any buffer that holds the longest will do.
    let longest = DIRENT + list.iter().map(|entry| entry.name.len()).max().unwrap() as u32;
    for len in longest..300 {
        assert_eq!(f.list(RW, len).unwrap().0, list, "{len}");
    }
}

#[test]
fn listing_goes_on_from_any_cookie() {
    let mut f = Fixture::on(GROUND);
    let (list, _) = f.list(RW, 4096).unwrap();
    for (index, entry) in list.iter().enumerate() {
        let (rest, full) = f.readdir(RW, 4096, entry.next).unwrap();
        assert_eq!(rest, list[index + 1..]);
        assert!(!full);
    }
}

#[test]
fn odd_cookies_are_the_end() {
    let mut f = Fixture::on(GROUND);
    for first in [true, false] {
        for cookie in [u64::MAX, u64::MAX - 1, i64::MIN as u64, i64::MAX as u64, 1 << 32, 1000] {
            assert_eq!(f.readdir(RW, 4096, cookie), Ok((Vec::new(), false)), "{cookie} {first}");
        }
        f.list(RW, 4096).unwrap();
    }
}

#[test]
fn a_buffer_may_end_where_memory_ends() {
    let mut f = Fixture::on(GROUND);
    assert_eq!(call!(f, fd_readdir, RW, SIZE - 30, 30, 0, OUT), SUCCESS);
    assert_eq!(f.u32(OUT), 30);
    assert_eq!(call!(f, fd_readdir, RW, SIZE, 0, 0, OUT), SUCCESS);
    assert_eq!(f.u32(OUT), 0);
}

/// Cookies stay good while entries vanish and appear, and cookie 0 looks anew.
#[test]
fn entries_that_come_and_go_meanwhile() {
    let dir = Place::new(GROUND);
    let names: Vec<String> = (0..50).map(|n| format!("entry{n:02}")).collect();
    for name in &names {
        dir.make_file(name, "");
    }
    let mut guest = guest(&dir);
    let (start, full) = guest.readdir(3, 500, 0).unwrap();
    assert!(full);
    for name in &names {
        dir.remove_file(name);
    }
    dir.make_file("late", "");
    // What was listed before is told to the end, each name once.
    let mut seen: Vec<Vec<u8>> = start[2..].iter().map(|entry| entry.name.clone()).collect();
    let (rest, full) = guest.readdir(3, 30_000, start.last().unwrap().next).unwrap();
    assert!(!full);
    seen.extend(rest.into_iter().map(|entry| entry.name));
    seen.sort();
    assert_eq!(seen, names.iter().map(|name| name.clone().into_bytes()).collect::<Vec<_>>());
    let (anew, _) = guest.list(3, 4096).unwrap();
    assert_eq!(anew.iter().map(|entry| &entry.name[..]).collect::<Vec<_>>(), [&b"."[..], b"..", b"late"]);
}

/// A guest removes what it lists while it lists it, as `rm -r` does.
#[test]
fn removing_while_listing() {
    let dir = Place::new(GROUND);
    for n in 0..200 {
        dir.make_file(&n.to_string(), "");
    }
    let mut guest = guest(&dir);
    let (mut cookie, mut removed) = (0, 0);
    loop {
        let (entries, full) = guest.readdir(3, 256, cookie).unwrap();
        for entry in &entries {
            cookie = entry.next;
            if entry.filetype == REGULAR_FILE {
                assert_eq!(guest.at("path_unlink_file", 3, &entry.name), SUCCESS);
                removed += 1;
            }
        }
        if !full {
            break;
        }
    }
    assert_eq!(removed, 200);
    assert!(dir.list().is_empty());
}

/// A name that is no UTF-8 cannot be said in WASI; it is left out and spoils nothing.
#[cfg(unix)]
#[test]
fn names_of_every_kind() {
    let dir = Place::new(GROUND);
    let long = "x".repeat(255);
    for name in ["ä", " ", "\n", "...", &long] {
        dir.make_file(name, "");
    }
    if let Place::Host(_, path, _) = &dir {
        for name in [&b"\xff"[..], b"a\xc0\x80"] {
            std::fs::write(
                path.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name)),
                "",
            )
            .unwrap();
        }
    }
    let mut guest = guest(&dir);
    let mut names: Vec<_> = guest.list(3, 4096).unwrap().0.into_iter().map(|entry| entry.name).collect();
    names.sort();
    let mut expected: Vec<&[u8]> = vec![b".", b"..", "ä".as_bytes(), b" ", b"\n", b"...", long.as_bytes()];
    expected.sort_unstable();
    assert_eq!(names, expected);
}

/// Two descriptors of one directory are listed independently.
#[test]
fn descriptors_do_not_share_a_listing() {
    let mut f = Fixture::on(GROUND);
    let other = f.open_read(RW, ".").unwrap();
    let (list, _) = f.list(RW, 4096).unwrap();
    let (start, _) = f.readdir(RW, 100, 0).unwrap();
    assert_eq!(f.list(other, 4096).unwrap().0, list);
    let (rest, _) = f.readdir(RW, 4096, start.last().unwrap().next).unwrap();
    assert_eq!(rest, list[start.len()..]);
}

/// Ten thousand entries take as many calls as their bytes fill buffers: nothing is told twice.
#[test]
fn many_entries() {
    let dir = Place::new(GROUND);
    for n in 0..10_000 {
        dir.make_file(&format!("entry{n:05}"), "");
    }
    let mut guest = guest(&dir);
    for buffer in [4096, 30_000] {
        let (list, calls) = guest.list(3, buffer).unwrap();
        assert_eq!(list.len(), 10_002);
        let mut names: Vec<_> = list.iter().map(|entry| &entry.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 10_002);
        // Each buffer loses less than one entry at its end.
        let (entry, bytes) = (DIRENT + 10, 10_000 * (DIRENT + 10));
        assert!(calls <= (bytes / (buffer - entry) + 2) as usize, "{calls} calls of {buffer} bytes");
    }
}

#[test]
fn listings_are_limited_together() {
    let dir = Place::new(GROUND);
    for n in 0..1000 {
        dir.make_file(&format!("entry{n:05}"), "");
    }
    let mut limits = Limits::default();
    // Room for one such listing, and not for two, whether a number of bytes takes four or eight.
    limits.max_listing_bytes = 48 * 1024;
    let limited = |limits: &Limits| {
        let builder = WasiCtx::builder().limits(limits.clone());
        Guest::new(dir.preopen(builder, "/", Perms::read_only()))
    };
    let mut guest = limited(&limits);
    let other = guest.open_read(3, ".").unwrap();
    assert_eq!(guest.list(3, 4096).unwrap().0.len(), 1002);
    // Again and again in the same place, since the old one makes room.
    assert_eq!(guest.list(3, 4096).unwrap().0.len(), 1002);
    assert_eq!(guest.readdir(other, 4096, 0), Err(NOMEM));
    assert_eq!(call!(guest, fd_close, 3), SUCCESS);
    assert_eq!(guest.list(other, 4096).unwrap().0.len(), 1002);
    limits.max_listing_bytes = 1000;
    let mut guest = limited(&limits);
    assert_eq!(guest.readdir(3, 4096, 0), Err(NOMEM));
}

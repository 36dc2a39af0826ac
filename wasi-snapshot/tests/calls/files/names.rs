//! Tests of calls on names that succeed, with their effects seen from outside.

use super::GROUND;
use crate::common::errno::{EXIST, INVAL, NAMETOOLONG, NFILE, NOENT, NOTDIR, SUCCESS, XDEV};
use crate::common::fixture::{CONTENTS, FREE, Fixture, RW};
use crate::common::guest::{DATA, Guest, OUT, PATH, call, writes};
use crate::common::ops::{CREAT, EXCL, FOLLOW, NOFOLLOW, NONBLOCK, READ, TRUNC, WRITE};
use crate::common::place::{Ground, Place};
use test_support::{MASK, SIZE};
use wasi_snapshot::{Filetype, Perms, WasiCtx};

#[test]
fn directories_come_and_go() {
    let mut f = Fixture::on(GROUND);
    f.rw().make_dir("beside");
    for path in ["new", "d/new", "slash/", "slashes//", "./dot", "d/../up", "dirlink/new2"] {
        assert_eq!(f.at("path_create_directory", RW, path), SUCCESS, "{path}");
        assert_eq!(f.rw().stat(path).unwrap().filetype, Filetype::Directory);
        #[cfg(unix)]
        if let Place::Host(_, root, _) = f.rw() {
            use std::os::unix::fs::PermissionsExt;
            // The mode is what the host's own programs would get.
            let mode = |path: &str| std::fs::metadata(root.join(path)).unwrap().permissions().mode();
            assert_eq!(mode(path), mode("beside"));
        }
        assert_eq!(f.at("path_remove_directory", RW, path), SUCCESS, "{path}");
        assert!(!f.rw().has(path));
    }
}

#[test]
fn a_hard_link_is_the_same_file() {
    let mut f = Fixture::on(GROUND);
    assert_eq!(f.link(0, (RW, "f"), (RW, "d/hard")), SUCCESS);
    let (one, two) = (f.rw().stat("f").unwrap(), f.rw().stat("d/hard").unwrap());
    assert_eq!((one.ino, one.nlink), (two.ino, 2));
    // Of a symlink, the link itself is linked, wherever it leads.
    for link in ["link", "dangling", "out", "absolute", "loop"] {
        let new = format!("d/{link}");
        assert_eq!(f.link(0, (RW, link), (RW, &new)), SUCCESS, "{link}");
        assert_eq!(f.rw().stat(link).unwrap().ino, f.rw().stat(&new).unwrap().ino);
    }
}

/// Renames one thing after another, which stay what they are.
fn rename_all(renames: &[(&str, &str)]) {
    let mut f = Fixture::on(GROUND);
    for (from, to) in renames {
        let inode = |f: &Fixture, path: &str| f.rw().stat(path.trim_end_matches('/')).unwrap().ino;
        let before = inode(&f, from);
        assert_eq!(f.rename((RW, from), (RW, to)), SUCCESS, "{from} {to}");
        assert_eq!(inode(&f, to), before, "{from} {to}");
        let same = from.trim_end_matches('/') == to.trim_end_matches('/');
        assert_eq!(f.rw().has(from), same, "{from} {to}");
    }
}

#[test]
fn renaming() {
    rename_all(&[("f", "g"), ("g", "d/g"), ("d/g", "f"), ("f", "f"), ("f", "full/new")]);
    rename_all(&[("full", "new"), ("new/", "new2/"), ("new2", "empty"), ("empty/", "empty")]);
}

#[test]
fn renaming_symlinks() {
    rename_all(&[("dangling", "f"), ("out", "out2")]);
}

#[test]
fn renaming_a_directory_that_is_open() {
    rename_all(&[("d", "new"), ("new/", "new2/"), ("new2", "empty"), ("empty/g", "f")]);
}

#[test]
fn symlinks_are_stored_and_read_as_they_are() {
    let mut f = Fixture::on(GROUND);
    for target in ["f", "nowhere", "..", "../..", "../outside", "d/", "./a//b/", "ä", &"x".repeat(255)] {
        assert_eq!(f.symlink(target, RW, "new"), SUCCESS, "{target}");
        assert_eq!(f.rw().target("new"), target);
        assert_eq!(f.readlink(RW, "new"), Ok(target.as_bytes().to_vec()));
        assert_eq!(f.at("path_unlink_file", RW, "new"), SUCCESS);
    }
}

/// As much as fits, without a NUL, and how much that is.
#[test]
fn reading_a_link_is_cut_off() {
    let mut f = Fixture::on(GROUND);
    for (room, text) in [(0, &b""[..]), (1, b"n"), (6, b"nowher"), (7, b"nowhere"), (8, b"nowhere")] {
        f.mask();
        let (path, len) = f.put(PATH, "dangling");
        let count = u32::try_from(text.len()).unwrap().to_le_bytes();
        writes!(f, path_readlink(RW, path, len, SIZE - room, room, OUT) => SIZE - room, text; OUT, count);
    }
}

#[test]
fn unlinking_takes_the_name_and_not_what_it_leads_to() {
    let mut f = Fixture::on(GROUND);
    let (outside, dirs) = (f.outside(), ["d", "empty", "full"].map(|name| name.as_bytes().to_vec()));
    let others = f.rw().list().into_keys().filter(|name| !dirs.contains(name));
    for name in others.chain([b"d/g".to_vec()]) {
        assert_eq!(f.at("path_unlink_file", RW, &name), SUCCESS, "{}", name.escape_ascii());
    }
    assert!(f.rw().list().into_keys().eq(dirs));
    assert!(f.rw().at("d").list().is_empty());
    assert_eq!(f.outside(), outside);
}

#[test]
fn opening_and_creating() {
    let mut f = Fixture::on(GROUND);
    for (path, how, contents) in [
        ("f", (FOLLOW, 0, READ, 0), Some(CONTENTS)),
        ("link", (FOLLOW, 0, READ, 0), Some(CONTENTS)),
        ("dirlink/g", (NOFOLLOW, 0, READ, 0), Some(b"g")),
        ("f", (FOLLOW, CREAT, READ, 0), Some(CONTENTS)),
        ("f", (FOLLOW, EXCL, READ, 0), Some(CONTENTS)),
        ("f", (FOLLOW, 0, 0, 0), Some(CONTENTS)),
        ("f", (FOLLOW, CREAT | TRUNC, WRITE, 0), Some(b"")),
        ("new1", (FOLLOW, CREAT, READ, 0), Some(b"")),
        ("new2", (FOLLOW, CREAT, WRITE, 0), Some(b"")),
        ("new3", (FOLLOW, CREAT | EXCL, READ, 0), Some(b"")),
        ("new4", (FOLLOW, CREAT | EXCL | TRUNC, READ | WRITE, 0), Some(b"")),
        ("new5", (FOLLOW, CREAT, 0, 0), Some(b"")),
        // A dangling symlink that stays inside is a place to create.
        ("dangling", (FOLLOW, CREAT, WRITE, 0), Some(b"")),
        ("d", (FOLLOW, 0, READ, 0), None),
        ("d", (FOLLOW, 0, READ, NONBLOCK), None),
        ("dirlink", (FOLLOW, 0, READ, 0), None),
        ("dirlink/", (NOFOLLOW, 0, READ, 0), None),
        (".", (NOFOLLOW, 0, READ, 0), None),
    ] {
        let (lookup, oflags, rights, flags) = how;
        let (at, len) = f.put(PATH, path);
        writes!(f, path_open(RW, lookup, at, len, oflags, rights, 0, flags, OUT) => OUT, FREE.to_le_bytes());
        match contents {
            Some(contents) => assert_eq!(f.rw().read(path), contents, "{path} {how:?}"),
            None => assert!(f.list(FREE, 4096).is_ok()),
        }
        assert_eq!(call!(f, fd_close, FREE), SUCCESS);
    }
    assert_eq!(f.rw().read("nowhere"), b"");
}

/// Where the host lets its own user only write, creating for reading must not open what is there.
#[test]
fn cutting_counts_as_writing_and_needs_no_right_to_write() {
    let mut f = Fixture::on(GROUND);
    let fd = f.open(RW, "f", (FOLLOW, TRUNC, READ, 0)).unwrap();
    assert_eq!(f.rw().read("f"), b"");
    assert!(f.write(fd, "x").is_err());
    assert_eq!(f.read(fd, 1), Ok(Vec::new()));
}

/// A closed preopen is gone; what was opened through it stays.
#[test]
fn closing_a_directory_keeps_what_was_opened_through_it() {
    let mut f = Fixture::on(GROUND);
    assert_eq!(call!(f, fd_close, RW), SUCCESS);
    assert!(f.open_read(RW, "f").is_err());
    assert_eq!(f.read(crate::common::fixture::FILE, 2), Ok(b"01".to_vec()));
    assert!(f.open_read(crate::common::fixture::DIR, "g").is_ok());
}

#[test]
fn a_failed_opening_takes_no_number() {
    let mut f = Fixture::limited(GROUND, |limits| limits.max_fds = FREE + 1);
    for _ in 0..10 {
        assert!(f.open_read(RW, "missing").is_err());
    }
    assert_eq!(f.open_read(RW, "f"), Ok(FREE));
    assert_eq!(f.open_read(RW, "f"), Err(NFILE));
    // A file that there is no number for is not created either.
    assert_eq!(f.create(RW, "new"), Err(NFILE));
    assert!(!f.rw().has("new"));
}

/// A pointer that is bad leaves no file behind; `pointers` looks at all others.
#[test]
fn paths_are_read_where_they_are() {
    let mut f = Fixture::on(GROUND);
    let (at, len) = f.put(SIZE - 1, "f");
    assert_eq!(call!(f, path_unlink_file, RW, at, len), SUCCESS);
    let (at, len) = f.put(0, "d/g");
    assert_eq!(call!(f, path_unlink_file, RW, at, len), SUCCESS);
    assert_eq!(f.bytes(DATA, 4), [MASK; 4]);
}

/// The limit is the embedder's, counts bytes, and holds for targets of symlinks as well.
#[test]
fn long_paths_are_limited() {
    let mut f = Fixture::limited(GROUND, |limits| limits.max_path_len = 10);
    let paths = [("./d/../d/xy", false), ("./d/../d/x", true), ("ääääää", false), ("äääää", true)];
    for (index, (path, fits)) in paths.into_iter().enumerate() {
        let expected = if fits { NOENT } else { NAMETOOLONG };
        assert_eq!(f.at("path_unlink_file", RW, path), expected, "{path}");
        let expected = if fits { SUCCESS } else { NAMETOOLONG };
        assert_eq!(f.symlink(path, RW, format!("to{index}")), expected, "{path}");
    }
}

/// A path that Linux takes has 4095 bytes at most, since its NUL is the last of 4096 (`PATH_MAX`). Which part of a longer
/// one the system sees depends on the call, and a guest must not notice.
#[test]
fn the_longest_path_is_the_systems() {
    let mut f = Fixture::on(GROUND);
    let path = |len: usize| format!(".{}f", "/".repeat(len - 2));
    let (longest, longer) = (path(4095), path(4096));
    assert_eq!(f.stat(RW, &longest, NOFOLLOW).map(|stat| stat.size), Ok(10));
    assert!(f.open_read(RW, &longest).is_ok());
    assert_eq!(f.at("path_create_directory", RW, &longest), EXIST);
    assert_eq!(f.at("path_remove_directory", RW, &longest), NOTDIR);
    assert_eq!(f.readlink(RW, &longest), Err(INVAL));
    assert_eq!(f.stat(RW, &longer, NOFOLLOW), Err(NAMETOOLONG));
    assert_eq!(f.open_read(RW, &longer), Err(NAMETOOLONG));
    assert_eq!(f.at("path_create_directory", RW, &longer), NAMETOOLONG);
    assert_eq!(f.at("path_remove_directory", RW, &longer), NAMETOOLONG);
    assert_eq!(f.at("path_unlink_file", RW, &longer), NAMETOOLONG);
    assert_eq!(f.readlink(RW, &longer), Err(NAMETOOLONG));
    assert_eq!(f.symlink(&longer, RW, "new"), NAMETOOLONG);
}

/// Where there are two file systems under one guest, links and renames between them are refused.
#[test]
fn two_file_systems() {
    let (here, there) = match GROUND {
        Ground::Memory => (Place::new(GROUND), Some(Place::new(GROUND))),
        Ground::Host | Ground::Layered => two_of_the_host(),
    };
    let Some(there) = there else {
        eprintln!("skipped, since there is no second file system to write to");
        return;
    };
    here.make_file("f", "x");
    let builder = here.preopen(WasiCtx::builder(), "/here", Perms::read_write());
    let builder = there.preopen(builder, "/there", Perms::read_write());
    let mut guest = Guest::new(builder);
    assert_eq!(guest.link(0, (3, "f"), (4, "f")), XDEV);
    assert_eq!(guest.rename((3, "f"), (4, "f")), XDEV);
    assert!(here.has("f") && !there.has("f"));
}

fn two_of_the_host() -> (Place, Option<Place>) {
    let here = Place::new(GROUND);
    let dev = |place: &Place| place.stat(".").unwrap().dev;
    let there = ["/dev/shm", "/run", "/var/tmp"].into_iter().find_map(|dir| {
        let there = Place::of_host(tempfile::TempDir::new_in(dir).ok()?, GROUND == Ground::Layered);
        (dev(&there) != dev(&here)).then_some(there)
    });
    (here, there)
}

//! Tests that read-only files stay as they are, whatever is asked for and by whichever way they are reached.

use super::GROUND;
use crate::common::errno::{PERM, SUCCESS};
use crate::common::fixture::{FREE, Fixture, RO, RW, populate};
use crate::common::guest::{DATA, Guest, OUT, PATH, call};
use crate::common::ops::{FOLLOW, NOFOLLOW, READ, WRITE};
use crate::common::place::Place;
use crate::rows::CALLS;
use wasi_snapshot::{Perms, WasiCtx};

/// Tries to change a file by its descriptor, in every way there is; none may succeed.
fn abuse(f: &mut Guest, fd: u32) {
    assert_eq!(call!(f, fd_fdstat_get, fd, OUT), SUCCESS);
    let rights = f.u64(OUT + 8) | f.u64(OUT + 16);
    // `fd_write` and `fd_allocate`, those of making names, of size and times, of removing names.
    let changing = 1 << 6 | 0b1_1111 << 8 | 0b11 << 16 | 0b11 << 19 | 0b1_1111 << 22;
    assert_eq!(rights & changing, 0, "rights to change are told");
    for len in [0, 1] {
        let (iovs, count) = f.iovecs(&[(DATA, len)]);
        assert_ne!(call!(f, fd_write, fd, iovs, count, OUT), SUCCESS);
        assert_ne!(call!(f, fd_pwrite, fd, iovs, count, 0, OUT), SUCCESS);
    }
    assert_ne!(call!(f, fd_filestat_set_size, fd, 0), SUCCESS);
    assert_ne!(call!(f, fd_filestat_set_size, fd, 10), SUCCESS);
    assert_ne!(call!(f, fd_allocate, fd, 0, 100), SUCCESS);
    assert_ne!(call!(f, fd_filestat_set_times, fd, 0, 0, 5), SUCCESS);
    assert_ne!(call!(f, fd_filestat_set_times, fd, 0, 0, 10), SUCCESS);
    // Flags of descriptors may be set and change no file.
    for flags in [1, 4, 5, 0] {
        call!(f, fd_fdstat_set_flags, fd, flags);
        let (iovs, count) = f.iovecs(&[(DATA, 1)]);
        assert_ne!(call!(f, fd_write, fd, iovs, count, OUT), SUCCESS);
    }
    call!(f, fd_fdstat_set_rights, fd, u64::MAX >> 34, u64::MAX >> 34);
    assert_eq!(call!(f, fd_close, fd), SUCCESS);
}

/// Every combination of `oflags`, rights, `fdflags` and looking up.
#[test]
fn no_way_of_opening_changes_anything() {
    let mut f = Fixture::on(GROUND);
    let before = f.everything();
    let all = (1 << 30) - 1;
    for path in ["f", "link", "d", "d/", "new", "new/", "dangling", "d/g", "fifo", "."] {
        for oflags in 0..16 {
            for rights in [0, READ, WRITE, READ | WRITE, all, all & !READ, 1 << 22, 1 << 8] {
                for fdflags in 0..32 {
                    for lookup in [FOLLOW, NOFOLLOW] {
                        if let Ok(fd) = f.open(RO, path, (lookup, oflags, rights, fdflags)) {
                            assert_eq!(oflags & 9, 0, "{path} was opened to be created or cut");
                            assert_eq!(rights & WRITE, 0, "{path} was opened to be written");
                            abuse(&mut f, fd);
                        }
                    }
                }
            }
        }
        assert_eq!(f.everything(), before, "{path}");
    }
}

/// Every call with a path, through the directory itself, through one opened in it, and after both were
/// moved to other numbers.
#[test]
fn no_call_changes_anything() {
    let mut f = Fixture::on(GROUND);
    let before = f.everything();
    let below = f.open_read(RO, "d").unwrap();
    let again = f.open_read(below, ".").unwrap();
    for dir in [RO, below, again] {
        for (name, act) in CALLS {
            for path in [
                "f", "g", "link", "dirlink", "dangling", "out", "empty", "empty/", "full", "new", "new/",
                ".", "fifo",
            ] {
                let errno = act(&mut f, dir, path.as_bytes());
                assert_eq!(f.everything(), before, "{name} {path} gave {errno:?}");
            }
        }
    }
    // Onto a number that stood for a writable file, and onto a writable preopen.
    let writable = f.open(RW, "f", (FOLLOW, 0, WRITE, 0)).unwrap();
    assert_eq!(call!(f, fd_renumber, RO, writable), SUCCESS);
    assert_eq!(call!(f, fd_renumber, below, RW), SUCCESS);
    for dir in [writable, RW] {
        for (name, act) in CALLS {
            for path in ["f", "g", "new", "empty"] {
                // Some of these calls name a second path through `RW`, which is read-only by now.
                let errno = act(&mut f, dir, path.as_bytes());
                assert_eq!(f.everything(), before, "{name} {path} gave {errno:?}");
            }
        }
    }
}

#[test]
fn what_is_opened_below_inherits() {
    let mut f = Fixture::on(GROUND);
    let d = f.open(RO, "d", (FOLLOW, 0, READ, 0)).unwrap();
    assert_eq!(d, FREE);
    for (path, how) in [
        ("g", (FOLLOW, 0, WRITE, 0)),
        ("g", (FOLLOW, 8, READ, 0)),
        ("new", (FOLLOW, 1, READ, 0)),
        ("new", (FOLLOW, 5, WRITE, 0)),
    ] {
        assert_eq!(f.open(d, path, how), Err(PERM), "{path} {how:?}");
    }
    assert_eq!(f.at("path_create_directory", d, "new"), PERM);
}

/// Links and renames need both sides to be writable, also where both are one directory of the host: else a
/// file could be carried over and changed there.
#[test]
fn pairs_of_directories() {
    let root = Place::new(GROUND);
    for name in ["x", "y"] {
        root.make_dir(name);
        populate(&root.at(name));
    }
    let before = root.describe();
    // The same directories of the host, read-only and writable.
    let dirs = [("x", false), ("x", true), ("y", false), ("y", true)];
    let mut builder = WasiCtx::builder();
    for (host, writable) in dirs {
        let perms = if writable { Perms::read_write() } else { Perms::read_only() };
        builder = root.at(host).preopen(builder, &format!("/{host}{writable}"), perms);
    }
    let mut guest = Guest::new(builder);
    for (from, (from_host, from_writable)) in (3..).zip(dirs) {
        for (to, (to_host, to_writable)) in (3..).zip(dirs) {
            let expected = if from_writable && to_writable { SUCCESS } else { PERM };
            let what = format!("{from_host} {from_writable} to {to_host} {to_writable}");
            for file in ["f", "link", "fifo"].into_iter().filter(|file| root.at(from_host).has(file)) {
                assert_eq!(guest.link(0, (from, file), (to, "new")), expected, "link {file} from {what}");
                if expected == SUCCESS {
                    root.at(to_host).remove_file("new");
                }
            }
            for file in ["f", "d", "link"] {
                assert_eq!(guest.rename((from, file), (to, "new")), expected, "rename {file} from {what}");
                if expected == SUCCESS {
                    assert_eq!(guest.rename((to, "new"), (from, file)), SUCCESS);
                }
            }
        }
    }
    // All was undone, so only the directories' own times differ.
    let names = |tree: &std::collections::BTreeMap<Vec<u8>, String>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&root.describe()), names(&before));
}

/// A link may lead from a writable directory to a file that is read-only elsewhere; the name counts.
#[test]
fn the_descriptor_decides_and_not_the_file() {
    let (root, mut builder) = (Place::new(GROUND), WasiCtx::builder());
    root.make_file("f", "x");
    builder = root.preopen(builder, "/ro", Perms::read_only());
    builder = root.preopen(builder, "/rw", Perms::read_write());
    let mut guest = Guest::new(builder);
    let (path, len) = guest.put(PATH, "f");
    assert_eq!(call!(guest, path_open, 3, 0, path, len, 0, WRITE, 0, 0, OUT), PERM);
    assert_eq!(call!(guest, path_open, 4, 0, path, len, 0, WRITE, 0, 0, OUT), SUCCESS);
}

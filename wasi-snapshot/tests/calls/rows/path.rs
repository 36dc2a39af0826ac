//! The rows of errnos that every call with a path gives for a bad path, whatever else the call does.

use super::{Row, rows};
use crate::common::errno::Errno;
use crate::common::fixture::{CLOSED, FILE, Fixture, RW, STDIN};
use crate::common::guest::{DATA, OUT, PATH, PATH2, Slot, call};
use crate::common::ops::{FOLLOW, NOFOLLOW, READ};

/// A call with everything right but a directory and a path.
type Act = fn(&mut Fixture, u32, &[u8]) -> Errno;

fn simple(f: &mut Fixture, call: &str, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    f.call(call, &[dir.slot(), ptr.slot(), len.slot()])
}

fn create_directory(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    simple(f, "path_create_directory", dir, path)
}

fn remove_directory(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    simple(f, "path_remove_directory", dir, path)
}

fn unlink(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    simple(f, "path_unlink_file", dir, path)
}

fn open(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_open, dir, FOLLOW, ptr, len, 0, READ, 0, 0, OUT)
}

fn open_nofollow(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_open, dir, NOFOLLOW, ptr, len, 0, READ, 0, 0, OUT)
}

fn stat(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_filestat_get, dir, FOLLOW, ptr, len, OUT)
}

fn lstat(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_filestat_get, dir, NOFOLLOW, ptr, len, OUT)
}

fn set_times(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_filestat_set_times, dir, FOLLOW, ptr, len, 0, 0, 1)
}

fn set_link_times(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_filestat_set_times, dir, NOFOLLOW, ptr, len, 0, 0, 1)
}

fn readlink(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_readlink, dir, ptr, len, DATA, 64, OUT)
}

fn symlink(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (old, old_len) = f.put(PATH2, "f");
    let (ptr, len) = f.put(PATH, path);
    call!(f, path_symlink, old, old_len, dir, ptr, len)
}

fn link_from(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    let (new, new_len) = f.put(PATH2, "new");
    call!(f, path_link, dir, 0, ptr, len, RW, new, new_len)
}

fn link_to(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    let (old, old_len) = f.put(PATH2, "f");
    call!(f, path_link, RW, 0, old, old_len, dir, ptr, len)
}

fn rename_from(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    let (new, new_len) = f.put(PATH2, "new");
    call!(f, path_rename, dir, ptr, len, RW, new, new_len)
}

fn rename_to(f: &mut Fixture, dir: u32, path: &[u8]) -> Errno {
    let (ptr, len) = f.put(PATH, path);
    let (old, old_len) = f.put(PATH2, "f");
    call!(f, path_rename, RW, old, old_len, dir, ptr, len)
}

/// All calls with a path, by name; those with two paths or two ways to look up come twice.
pub(crate) const CALLS: &[(&str, Act)] = &[
    ("path_create_directory", create_directory),
    ("path_remove_directory", remove_directory),
    ("path_unlink_file", unlink),
    ("path_open, following", open),
    ("path_open", open_nofollow),
    ("path_filestat_get, following", stat),
    ("path_filestat_get", lstat),
    ("path_filestat_set_times, following", set_times),
    ("path_filestat_set_times", set_link_times),
    ("path_readlink", readlink),
    ("path_symlink", symlink),
    ("path_link, from", link_from),
    ("path_link, to", link_to),
    ("path_rename, from", rename_from),
    ("path_rename, to", rename_to),
];

macro_rules! every_path {
    ($($call:ident $act:ident $what:literal;)*) => {
        rows! {$(
            $call: "badf" $what => |f| $act(f, CLOSED, b"f");
            $call: "badf" $what => |f| $act(f, u32::MAX, b"f");
            $call: "notdir" $what => |f| $act(f, FILE, b"f");
            $call: "notdir" $what => |f| $act(f, STDIN, b"f");
            $call: "notdir" $what => |f| $act(f, RW, b"f/x");
            $call: "noent" $what => |f| $act(f, RW, b"");
            $call: "noent" $what => |f| $act(f, RW, b"missing/x");
            $call: "noent" $what => |f| $act(f, RW, b"dangling/x");
            $call: "perm" $what => |f| $act(f, RW, b"/f");
            $call: "perm" $what => |f| $act(f, RW, b"/");
            $call: "perm" $what => |f| $act(f, RW, b"../new");
            $call: "perm" $what => |f| $act(f, RW, b"d/../../rw/f");
            $call: "perm" $what => |f| $act(f, RW, b"absolute/f");
            $call: "inval" $what => |f| $act(f, RW, b"f\0");
            $call: "inval" $what => |f| $act(f, RW, b"\0");
            $call: "inval" $what => |f| $act(f, RW, b"d/g\0/../f");
            $call: "ilseq" $what => |f| $act(f, RW, b"\xff");
            $call: "ilseq" $what => |f| $act(f, RW, b"d/\xc0\x80");
            $call: "nametoolong" $what => |f| $act(f, RW, &[b'a'; 4097]);
            $call: "nametoolong" $what => |f| $act(f, RW, &[b'a'; 256]);
            $call: "loop" $what => |f| $act(f, RW, b"loop/x");
        )*}
    };
}

every_path! {
    path_create_directory create_directory "the path";
    path_remove_directory remove_directory "the path";
    path_unlink_file unlink "the path";
    path_open open "the path, followed";
    path_open open_nofollow "the path";
    path_filestat_get stat "the path, followed";
    path_filestat_get lstat "the path";
    path_filestat_set_times set_times "the path, followed";
    path_filestat_set_times set_link_times "the path";
    path_readlink readlink "the path";
    path_symlink symlink "the new path";
    path_link link_from "the old path";
    path_link link_to "the new path";
    path_rename rename_from "the old path";
    path_rename rename_to "the new path";
}

#[test]
fn the_two_lists_name_the_same_calls() {
    let named: std::collections::BTreeSet<_> = ROWS.iter().map(|row: &Row| row.call).collect();
    let listed = CALLS.iter().map(|(name, _)| name.split(',').next().unwrap_or(name));
    assert_eq!(named, listed.collect());
}

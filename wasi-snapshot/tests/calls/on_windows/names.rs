//! Tests of names that Windows takes: long paths, and names that differ in their case only.

use crate::common::errno::{EXIST, INVAL, SUCCESS};
use crate::common::ops::{CREAT, EXCL, NOFOLLOW, READ, WRITE};
use crate::on_host::files::sandbox::Site;
use std::collections::BTreeSet;

/// What a path of Win32 holds, unless it is spelled otherwise.
const MAX_PATH: usize = 260;

#[test]
fn a_path_is_longer_than_win32_has_them() {
    below(&[MAX_PATH - 100]);
}

#[test]
fn paths_of_directories_are_longer_than_win32_has_them() {
    below(&[60; 3 * MAX_PATH / 60]);
}

/// Makes, finds, lists and removes files with names of 200 characters, in directories with names as long as that.
fn below(dirs: &[usize]) {
    let site = Site::new();
    let mut guest = site.guest();
    let mut path = String::new();
    for len in dirs {
        path += &format!("{}{}", if path.is_empty() { "" } else { "/" }, "d".repeat(*len));
        assert_eq!(guest.at("path_create_directory", 3, &path), SUCCESS);
    }
    let name = |start: &str| format!("{start:n<200}");
    let file = |start: &str| format!("{path}/{}", name(start));
    let fd = guest.create(3, file("f")).unwrap();
    assert_eq!(guest.write(fd, "far away"), Ok(8));
    assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
    assert_eq!(guest.stat(3, file("f"), NOFOLLOW).unwrap().size, 8);
    assert_eq!(guest.link(0, (3, file("f")), (3, file("linked"))), SUCCESS);
    assert_eq!(guest.rename((3, file("f")), (3, file("renamed"))), SUCCESS);
    let dir = guest.open_read(3, &path).unwrap();
    let (entries, _) = guest.list(dir, 4096).unwrap();
    let names: BTreeSet<_> = entries.into_iter().map(|entry| entry.name).collect();
    let expected = [".".to_owned(), "..".to_owned(), name("linked"), name("renamed")];
    assert_eq!(names, BTreeSet::from(expected.map(String::into_bytes)));
    let fd = guest.open_read(dir, name("renamed")).unwrap();
    assert_eq!(guest.read(fd, 100), Ok(b"far away".to_vec()));
    for fd in [fd, dir] {
        assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
    }
    for start in ["linked", "renamed"] {
        assert_eq!(guest.at("path_unlink_file", 3, file(start)), SUCCESS);
    }
    assert_eq!(guest.at("path_remove_directory", 3, &path), SUCCESS);
}

/// The file system keeps the case of a name and finds it by any.
#[test]
fn names_that_differ_in_their_case_are_one() {
    let site = Site::new();
    let mut guest = site.guest();
    let fd = guest.create(3, "Name").unwrap();
    assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
    let how = (NOFOLLOW, CREAT | EXCL, READ | WRITE, 0);
    assert_eq!(guest.open(3, "nAME", how).err(), Some(EXIST));
    let (one, other) =
        (guest.stat(3, "Name", NOFOLLOW).unwrap().ino, guest.stat(3, "NAME", NOFOLLOW).unwrap().ino);
    assert_eq!(one, other);
}

#[test]
fn renaming_changes_the_case() {
    let site = Site::new();
    let mut guest = site.guest();
    let fd = guest.create(3, "Name").unwrap();
    assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
    assert_eq!(guest.rename((3, "name"), (3, "NAME")), SUCCESS);
    assert_eq!(guest.at("path_create_directory", 3, "Dir"), SUCCESS);
    assert_eq!(guest.rename((3, "dir"), (3, "DIR")), SUCCESS);
    let listed = site.root.at("inside").list();
    for (new, old) in [(&b"NAME"[..], &b"Name"[..]), (b"DIR", b"Dir")] {
        assert!(listed.contains_key(new) && !listed.contains_key(old), "{listed:?}");
    }
}

/// A call that fails changes nothing, though the system has none that renames over an empty directory.
#[test]
fn a_directory_is_not_renamed_into_itself() {
    let site = Site::new();
    let mut guest = site.guest();
    for name in ["a", "a/b", "a/b/c"] {
        assert_eq!(guest.at("path_create_directory", 3, name), SUCCESS);
    }
    let inner = guest.open_read(3, "a").unwrap();
    for (dir, to) in
        [(3, "a/new"), (3, "a/b"), (3, "a/b/new"), (3, "a/b/c"), (3, "a/b/../new"), (inner, "new")]
    {
        assert_eq!(guest.rename((3, "a"), (dir, to)), INVAL, "{to}");
    }
    assert!(site.root.path().join("inside/a/b/c").is_dir());
}

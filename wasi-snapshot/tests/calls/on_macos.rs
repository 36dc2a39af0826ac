//! Tests of what macOS does otherwise than Linux: its file system's names and times, and its words for directories.

use crate::common::errno::{EXIST, ISDIR, NOTDIR, SUCCESS};
use crate::common::ops::{CREAT, EXCL, FOLLOW, NOFOLLOW, READ, WRITE};
use crate::on_host::files::sandbox::Site;
use std::os::unix::fs::MetadataExt;

/// The system itself takes a slash behind the new name of a file, and behind the old one.
#[test]
fn a_file_is_not_renamed_to_a_directory() {
    let site = Site::new();
    let mut guest = site.guest();
    assert_eq!(guest.rename((3, "f/"), (3, "new")), NOTDIR);
    assert_ne!(guest.rename((3, "f"), (3, "new/")), SUCCESS);
    assert_eq!(guest.rename((3, "d/"), (3, "new/")), SUCCESS);
    let inside = site.root.at("inside");
    assert!(inside.has("f") && inside.has("new/g") && !inside.has("d"));
}

/// The system says `EPERM`, as POSIX has it; guests are told what Linux says.
#[test]
fn a_directory_is_not_unlinked() {
    let site = Site::new();
    assert_eq!(site.guest().at("path_unlink_file", 3, "d"), ISDIR);
    assert!(site.root.at("inside").has("d/g"));
}

/// A modification before the birth moves the birth; the times that guests can set are those that were set.
#[test]
fn times_before_the_birth_are_set() {
    let site = Site::new();
    let mut guest = site.guest();
    // Both times, to a second after 1970.
    assert_eq!(guest.set_times(3, "f", FOLLOW, (1_000_000_000, 1_000_000_000, 1 | 4)), SUCCESS);
    let stat = guest.stat(3, "f", FOLLOW).unwrap();
    assert_eq!((stat.atim, stat.mtim), (1_000_000_000, 1_000_000_000));
    let metadata = site.root.path().join("inside/f").metadata().unwrap();
    assert_eq!((metadata.atime(), metadata.mtime()), (1, 1));
}

/// As long as the volume is not made otherwise, the file system keeps the case of a name and finds it by any.
#[test]
fn names_that_differ_in_their_case_are_one() {
    same("Name", "nAME");
}

/// APFS keeps a name as it was written, and finds it by every normal form of Unicode.
#[test]
fn names_that_differ_in_their_normal_form_are_one() {
    same("\u{e9}", "e\u{301}");
    same("e\u{301}\u{323}", "\u{1eb9}\u{301}");
}

/// Two names are one file, listed as it was made.
fn same(made: &str, other: &str) {
    let site = Site::new();
    let mut guest = site.guest();
    let fd = guest.create(3, made).unwrap();
    assert_eq!(guest.call("fd_close", &[fd.into()]), SUCCESS);
    let how = (NOFOLLOW, CREAT | EXCL, READ | WRITE, 0);
    assert_eq!(guest.open(3, other, how).err(), Some(EXIST));
    let ino = |guest: &mut crate::common::guest::Guest, name| guest.stat(3, name, NOFOLLOW).unwrap().ino;
    assert_eq!(ino(&mut guest, made), ino(&mut guest, other));
    let listed = site.root.at("inside").list();
    assert!(listed.contains_key(made.as_bytes()) && !listed.contains_key(other.as_bytes()), "{listed:?}");
    // The sandbox is no other one for it.
    assert_ne!(guest.stat(3, format!("../{other}"), NOFOLLOW).err(), None);
}

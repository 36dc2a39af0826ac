//! The rows of errnos that each call with a path gives by its own rules.

use super::rows;
use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{Fixture, RO, RW};
use crate::common::guest::{OUT, PATH, call};
use crate::common::ops::{CREAT, DIRECTORY, EXCL, FOLLOW, NOFOLLOW, READ, TRUNC, WRITE};

/// `path_open` in the writable directory.
fn open(f: &mut Fixture, path: &str, how: (u32, u32, u64, u32)) -> Errno {
    open_in(f, RW, path, how)
}

fn open_in(f: &mut Fixture, dir: u32, path: &str, how: (u32, u32, u64, u32)) -> Errno {
    f.open(dir, path, how).err().unwrap_or(SUCCESS)
}

fn stat(f: &mut Fixture, path: &str, lookup: u32) -> Errno {
    f.stat(RW, path, lookup).err().unwrap_or(SUCCESS)
}

fn readlink(f: &mut Fixture, path: &str) -> Errno {
    f.readlink(RW, path).err().unwrap_or(SUCCESS)
}

/// `path_open` with flags and rights that `how` cannot say.
fn raw_open(f: &mut Fixture, flags: [u64; 5]) -> Errno {
    let (ptr, len) = f.put(PATH, "f");
    let [lookup, oflags, base, inheriting, fdflags] = flags;
    call!(f, path_open, RW, lookup, ptr, len, oflags, base, inheriting, fdflags, OUT)
}

/// `path_filestat_set_times` on `f`.
fn set_times(f: &mut Fixture, lookup: u32, flags: u32) -> Errno {
    f.set_times(RW, "f", lookup, (0, 0, flags))
}

rows! {
    path_create_directory: "exist" "a directory" => |f| f.at("path_create_directory", RW, "d");
    path_create_directory: "exist" "a file" => |f| f.at("path_create_directory", RW, "f");
    path_create_directory: "exist" "a dangling symlink" => |f| f.at("path_create_directory", RW, "dangling");
    path_create_directory: "exist" "itself" => |f| f.at("path_create_directory", RW, ".");
    path_create_directory: "exist" "a dot at the end" => |f| f.at("path_create_directory", RW, "d/.");
    path_create_directory: "perm" "read-only" => |f| f.at("path_create_directory", RO, "new");

    path_link: "inval" "following" => |f| f.link(FOLLOW, (RW, "f"), (RW, "new"));
    path_link: "inval" "unknown flags" => |f| f.link(2, (RW, "f"), (RW, "new"));
    path_link: "exist" "a file" => |f| f.link(0, (RW, "f"), (RW, "d/g"));
    path_link: "exist" "a directory" => |f| f.link(0, (RW, "f"), (RW, "d"));
    path_link: "exist" "a symlink" => |f| f.link(0, (RW, "f"), (RW, "dangling"));
    path_link: "exist" "itself" => |f| f.link(0, (RW, "f"), (RW, "f"));
    path_link: "perm" "a directory" => |f| f.link(0, (RW, "d"), (RW, "new"));
    path_link: "perm" "a directory with a slash" => |f| f.link(0, (RW, "d/"), (RW, "new"));
    path_link: "perm" "from a read-only directory" => |f| f.link(0, (RO, "f"), (RW, "new"));
    path_link: "perm" "to a read-only directory" => |f| f.link(0, (RW, "f"), (RO, "new"));
    path_link: "perm" "within a read-only directory" => |f| f.link(0, (RO, "f"), (RO, "new"));

    path_readlink: "inval" "a file" => |f| readlink(f, "f");
    path_readlink: "inval" "a directory" => |f| readlink(f, "d");
    path_readlink: "inval" "the slash leads to a directory" => |f| readlink(f, "dirlink/");
    path_readlink: "inval" "itself" => |f| readlink(f, ".");
    path_readlink: "perm" "an absolute target" => |f| readlink(f, "absolute");
    path_readlink: "ilseq" "a target that is no UTF-8" => |f| readlink(f, "rawlink");
    path_readlink: "noent" "nothing" => |f| readlink(f, "missing");

    path_remove_directory: "notdir" "a file" => |f| f.at("path_remove_directory", RW, "f");
    path_remove_directory: "notdir" "a symlink to a directory" => |f| f.at("path_remove_directory", RW, "dirlink");
    path_remove_directory: "notempty" "a file in it" => |f| f.at("path_remove_directory", RW, "full");
    path_remove_directory: "notempty" "a directory in it" => |f| f.at("path_remove_directory", RW, "full/");
    path_remove_directory: "inval" "a dot" => |f| f.at("path_remove_directory", RW, ".");
    path_remove_directory: "inval" "a dot at the end" => |f| f.at("path_remove_directory", RW, "empty/.");
    path_remove_directory: "perm" "read-only" => |f| f.at("path_remove_directory", RO, "empty");
    path_remove_directory: "noent" "nothing" => |f| f.at("path_remove_directory", RW, "missing");

    path_rename: "notdir" "a directory over a file" => |f| f.rename((RW, "empty"), (RW, "f"));
    path_rename: "notdir" "a directory over a symlink" => |f| f.rename((RW, "empty"), (RW, "dirlink"));
    path_rename: "notdir" "a file with a slash" => |f| f.rename((RW, "f/"), (RW, "new"));
    path_rename: "notdir" "a file to a path with a slash" => |f| f.rename((RW, "f"), (RW, "new/"));
    path_rename: "isdir" "a file over a directory" => |f| f.rename((RW, "f"), (RW, "empty"));
    path_rename: "isdir" "a symlink over a directory" => |f| f.rename((RW, "dirlink"), (RW, "empty"));
    path_rename: "notempty" "over a full directory" => |f| f.rename((RW, "empty"), (RW, "full"));
    path_rename: "busy" "a dot" => |f| f.rename((RW, "."), (RW, "new"));
    path_rename: "busy" "to a dot" => |f| f.rename((RW, "d"), (RW, "."));
    path_rename: "busy" "a dot at the end" => |f| f.rename((RW, "empty/."), (RW, "new"));
    path_rename: "busy" "two dots at the end" => |f| f.rename((RW, "full/x/.."), (RW, "new"));
    path_rename: "inval" "into itself" => |f| f.rename((RW, "full"), (RW, "full/x/y"));
    path_rename: "perm" "from a read-only directory" => |f| f.rename((RO, "f"), (RW, "new"));
    path_rename: "perm" "to a read-only directory" => |f| f.rename((RW, "f"), (RO, "new"));
    path_rename: "perm" "within a read-only directory" => |f| f.rename((RO, "f"), (RO, "new"));
    path_rename: "noent" "nothing" => |f| f.rename((RW, "missing"), (RW, "new"));

    path_symlink: "noent" "an empty target" => |f| f.symlink("", RW, "new");
    path_symlink: "perm" "an absolute target" => |f| f.symlink("/etc", RW, "new");
    path_symlink: "perm" "the root as target" => |f| f.symlink("/", RW, "new");
    path_symlink: "perm" "read-only" => |f| f.symlink("f", RO, "new");
    path_symlink: "inval" "a NUL in the target" => |f| f.symlink("f\0", RW, "new");
    path_symlink: "nametoolong" "a target beyond the limit" => |f| f.symlink("a".repeat(4097), RW, "new");
    path_symlink: "exist" "a file" => |f| f.symlink("f", RW, "d/g");
    path_symlink: "exist" "a directory" => |f| f.symlink("f", RW, "d");
    path_symlink: "exist" "a symlink" => |f| f.symlink("f", RW, "dangling");
    path_symlink: "noent" "a new name with a slash" => |f| f.symlink("f", RW, "new/");
    path_symlink: "notdir" "a file with a slash" => |f| f.symlink("f", RW, "f/");

    path_unlink_file: "isdir" "a directory" => |f| f.at("path_unlink_file", RW, "empty");
    path_unlink_file: "isdir" "a directory with a slash" => |f| f.at("path_unlink_file", RW, "empty/");
    path_unlink_file: "isdir" "itself" => |f| f.at("path_unlink_file", RW, ".");
    path_unlink_file: "notdir" "a file with a slash" => |f| f.at("path_unlink_file", RW, "f/");
    path_unlink_file: "notdir" "a symlink with a slash" => |f| f.at("path_unlink_file", RW, "link/");
    path_unlink_file: "perm" "read-only" => |f| f.at("path_unlink_file", RO, "f");
    path_unlink_file: "noent" "nothing" => |f| f.at("path_unlink_file", RW, "missing");

    path_open: "exist" "creat and excl" => |f| open(f, "f", (FOLLOW, CREAT | EXCL, WRITE, 0));
    path_open: "exist" "creat and excl, for reading" => |f| open(f, "f", (FOLLOW, CREAT | EXCL, READ, 0));
    path_open: "exist" "creat and excl of a directory" => |f| open(f, "d", (FOLLOW, CREAT | EXCL, READ, 0));
    path_open: "exist" "creat and excl never follow" => |f| open(f, "dangling", (FOLLOW, CREAT | EXCL, WRITE, 0));
    path_open: "isdir" "a directory for writing" => |f| open(f, "d", (FOLLOW, 0, WRITE, 0));
    path_open: "isdir" "a directory for both" => |f| open(f, "d", (FOLLOW, 0, READ | WRITE, 0));
    path_open: "isdir" "cutting a directory" => |f| open(f, "d", (FOLLOW, TRUNC, READ, 0));
    path_open: "isdir" "a directory for writing, and said so" => |f| open(f, "d", (FOLLOW, DIRECTORY, WRITE, 0));
    path_open: "isdir" "creating a name with a slash" => |f| open(f, "new/", (FOLLOW, CREAT, WRITE, 0));
    path_open: "notdir" "a file as a directory" => |f| open(f, "f", (FOLLOW, DIRECTORY, READ, 0));
    path_open: "notdir" "a file with a slash" => |f| open(f, "f/", (FOLLOW, 0, READ, 0));
    path_open: "notdir" "a link to a file with a slash" => |f| open(f, "link/", (NOFOLLOW, 0, READ, 0));
    path_open: "loop" "a symlink" => |f| open(f, "link", (NOFOLLOW, 0, READ, 0));
    path_open: "loop" "a symlink, for writing" => |f| open(f, "link", (NOFOLLOW, CREAT, WRITE, 0));
    path_open: "loop" "symlinks without end" => |f| open(f, "loop", (FOLLOW, 0, READ, 0));
    path_open: "inval" "creat and directory" => |f| open(f, "new", (FOLLOW, CREAT | DIRECTORY, READ, 0));
    path_open: "inval" "unknown lookup flags" => |f| raw_open(f, [2, 0, READ, 0, 0]);
    path_open: "inval" "unknown open flags" => |f| raw_open(f, [0, 1 << 4, READ, 0, 0]);
    path_open: "inval" "open flags of more than 16 bits" => |f| raw_open(f, [0, 1 << 16, READ, 0, 0]);
    path_open: "inval" "unknown rights" => |f| raw_open(f, [0, 0, 1 << 30, 0, 0]);
    path_open: "inval" "unknown inheriting rights" => |f| raw_open(f, [0, 0, READ, 1 << 63, 0]);
    path_open: "inval" "unknown descriptor flags" => |f| raw_open(f, [0, 0, READ, 0, 1 << 5]);
    path_open: "perm" "writing where it is read-only" => |f| open_in(f, RO, "f", (FOLLOW, 0, WRITE, 0));
    path_open: "perm" "cutting where it is read-only" => |f| open_in(f, RO, "f", (FOLLOW, TRUNC, READ, 0));
    path_open: "perm" "creating where it is read-only" => |f| open_in(f, RO, "new", (FOLLOW, CREAT, READ, 0));
    path_open: "perm" "a symlink that leads out" => |f| open(f, "out", (FOLLOW, 0, READ, 0));
    path_open: "perm" "an absolute symlink" => |f| open(f, "absolute", (FOLLOW, 0, READ, 0));
    path_open: "noent" "nothing" => |f| open(f, "missing", (FOLLOW, 0, READ, 0));
    path_open: "noent" "a dangling symlink" => |f| open(f, "dangling", (FOLLOW, 0, READ, 0));

    path_filestat_get: "notdir" "a file with a slash" => |f| stat(f, "f/", NOFOLLOW);
    path_filestat_get: "notdir" "a file with a dot" => |f| stat(f, "f/.", FOLLOW);
    path_filestat_get: "notdir" "a link to a file with a slash" => |f| stat(f, "link/", NOFOLLOW);
    path_filestat_get: "inval" "unknown flags" => |f| stat(f, "f", 2);
    path_filestat_get: "noent" "a dangling symlink" => |f| stat(f, "dangling", FOLLOW);
    path_filestat_get: "loop" "symlinks without end" => |f| stat(f, "loop", FOLLOW);
    path_filestat_get: "perm" "a symlink that leads out" => |f| stat(f, "out", FOLLOW);

    path_filestat_set_times: "notdir" "a file with a slash" => |f| f.set_times(RW, "f/", NOFOLLOW, (0, 0, 1));
    path_filestat_set_times: "inval" "unknown lookup flags" => |f| set_times(f, 2, 1);
    path_filestat_set_times: "inval" "unknown flags" => |f| set_times(f, 0, 1 << 4);
    path_filestat_set_times: "inval" "two access times" => |f| set_times(f, 0, 3);
    path_filestat_set_times: "inval" "two modification times" => |f| set_times(f, 0, 12);
    path_filestat_set_times: "perm" "read-only" => |f| f.set_times(RO, "f", NOFOLLOW, (0, 0, 1));
    path_filestat_set_times: "perm" "a symlink that leads out" => |f| f.set_times(RW, "out", FOLLOW, (0, 0, 1));
}

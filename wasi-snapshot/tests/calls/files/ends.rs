//! Tests of slashes and dots at the end of paths, with Linux's own system calls as the oracle.
//!
//! Every call is made twice, by the guest and natively, on two equal directories: the errnos must agree and
//! so must the trees afterwards. Where ours differs on purpose, [`DEVIATIONS`] says why.
#![cfg(target_os = "linux")]

use super::GROUND;
use crate::common::errno::{EXIST, Errno, ISDIR, LOOP, NOENT, NOTDIR, SUCCESS, of_system};
use crate::common::guest::Guest;
use crate::common::ops::{CREAT, DIRECTORY, EXCL, FOLLOW, NOFOLLOW, READ, TRUNC, WRITE};
use crate::common::place::{Ground, Place};
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps};
use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use wasi_snapshot::{Filetype, Perms, WasiCtx};

/// What paths start with, and what they end with.
const STARTS: &[&str] = &[
    "file", "full", "empty", "to_file", "to_full", "to_empty", "dangling", "loop", "missing", "full/sub", ".",
];
const ENDS: &[&str] = &["", "/", "//", "/.", "/./", "/.//.", "/..", "/../", "/new", "/new/"];

pub(crate) type Native = rustix::io::Result<()>;
pub(crate) type Call = (&'static str, fn(&mut Guest, &str) -> Errno, fn(&OwnedFd, &str) -> Native);

fn ours(guest: &mut Guest, path: &str, how: (u32, u32, u64, u32)) -> Errno {
    guest.open(3, path, how).err().unwrap_or(SUCCESS)
}

fn native(dir: &OwnedFd, path: &str, flags: OFlags) -> Native {
    let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::openat(dir, path, flags, Mode::from_raw_mode(0o666)).map(drop)
}

fn native_times(dir: &OwnedFd, path: &str, flags: AtFlags) -> Native {
    let time = Timespec { tv_sec: 1, tv_nsec: 2 };
    rustix::fs::utimensat(dir, path, &Timestamps { last_access: time, last_modification: time }, flags)
}

const TIMES: (u64, u64, u32) = (1_000_000_002, 1_000_000_002, 5);
const NOFOLLOW_: OFlags = OFlags::NOFOLLOW;

pub(crate) const CALLS: &[Call] = &[
    ("open", |g, p| ours(g, p, (FOLLOW, 0, READ, 0)), |d, p| native(d, p, OFlags::RDONLY)),
    ("open nofollow", |g, p| ours(g, p, (NOFOLLOW, 0, READ, 0)), |d, p| native(d, p, NOFOLLOW_)),
    (
        "open directory",
        |g, p| ours(g, p, (FOLLOW, DIRECTORY, READ, 0)),
        |d, p| native(d, p, OFlags::DIRECTORY),
    ),
    (
        "open directory nofollow",
        |g, p| ours(g, p, (NOFOLLOW, DIRECTORY, READ, 0)),
        |d, p| native(d, p, NOFOLLOW_ | OFlags::DIRECTORY),
    ),
    ("open to write", |g, p| ours(g, p, (FOLLOW, 0, WRITE, 0)), |d, p| native(d, p, OFlags::WRONLY)),
    (
        "open to write nofollow",
        |g, p| ours(g, p, (NOFOLLOW, 0, WRITE, 0)),
        |d, p| native(d, p, OFlags::WRONLY | NOFOLLOW_),
    ),
    ("create to read", |g, p| ours(g, p, (FOLLOW, CREAT, READ, 0)), |d, p| native(d, p, OFlags::CREATE)),
    (
        "create",
        |g, p| ours(g, p, (FOLLOW, CREAT, WRITE, 0)),
        |d, p| native(d, p, OFlags::WRONLY | OFlags::CREATE),
    ),
    (
        "create nofollow",
        |g, p| ours(g, p, (NOFOLLOW, CREAT, WRITE, 0)),
        |d, p| native(d, p, OFlags::WRONLY | OFlags::CREATE | NOFOLLOW_),
    ),
    (
        "create new",
        |g, p| ours(g, p, (FOLLOW, CREAT | EXCL, WRITE, 0)),
        |d, p| native(d, p, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL),
    ),
    (
        "create new to read",
        |g, p| ours(g, p, (FOLLOW, CREAT | EXCL, READ, 0)),
        |d, p| native(d, p, OFlags::CREATE | OFlags::EXCL),
    ),
    (
        "cut",
        |g, p| ours(g, p, (FOLLOW, TRUNC, WRITE, 0)),
        |d, p| native(d, p, OFlags::WRONLY | OFlags::TRUNC),
    ),
    (
        "stat",
        |g, p| g.stat(3, p, FOLLOW).err().unwrap_or(SUCCESS),
        |d, p| rustix::fs::statat(d, p, AtFlags::empty()).map(drop),
    ),
    (
        "lstat",
        |g, p| g.stat(3, p, NOFOLLOW).err().unwrap_or(SUCCESS),
        |d, p| rustix::fs::statat(d, p, AtFlags::SYMLINK_NOFOLLOW).map(drop),
    ),
    ("utimes", |g, p| g.set_times(3, p, FOLLOW, TIMES), |d, p| native_times(d, p, AtFlags::empty())),
    (
        "lutimes",
        |g, p| g.set_times(3, p, NOFOLLOW, TIMES),
        |d, p| native_times(d, p, AtFlags::SYMLINK_NOFOLLOW),
    ),
    (
        "mkdir",
        |g, p| g.at("path_create_directory", 3, p),
        |d, p| rustix::fs::mkdirat(d, p, Mode::from_raw_mode(0o777)),
    ),
    (
        "rmdir",
        |g, p| g.at("path_remove_directory", 3, p),
        |d, p| rustix::fs::unlinkat(d, p, AtFlags::REMOVEDIR),
    ),
    ("unlink", |g, p| g.at("path_unlink_file", 3, p), |d, p| rustix::fs::unlinkat(d, p, AtFlags::empty())),
    (
        "readlink",
        |g, p| g.readlink(3, p).err().unwrap_or(SUCCESS),
        |d, p| rustix::fs::readlinkat(d, p, Vec::new()).map(drop),
    ),
    ("symlink", |g, p| g.symlink("x", 3, p), |d, p| rustix::fs::symlinkat("x", d, p)),
    (
        "link from",
        |g, p| g.link(0, (3, p), (3, "other")),
        |d, p| rustix::fs::linkat(d, p, d, "other", AtFlags::empty()),
    ),
    (
        "link to",
        |g, p| g.link(0, (3, "spare"), (3, p)),
        |d, p| rustix::fs::linkat(d, "spare", d, p, AtFlags::empty()),
    ),
    ("rename from", |g, p| g.rename((3, p), (3, "other")), |d, p| rustix::fs::renameat(d, p, d, "other")),
    (
        "rename from slash",
        |g, p| g.rename((3, p), (3, "other/")),
        |d, p| rustix::fs::renameat(d, p, d, "other/"),
    ),
    ("rename file to", |g, p| g.rename((3, "spare"), (3, p)), |d, p| rustix::fs::renameat(d, "spare", d, p)),
    (
        "rename directory to",
        |g, p| g.rename((3, "spare_dir"), (3, p)),
        |d, p| rustix::fs::renameat(d, "spare_dir", d, p),
    ),
    (
        "rename link to",
        |g, p| g.rename((3, "spare_link"), (3, p)),
        |d, p| rustix::fs::renameat(d, "spare_link", d, p),
    ),
];

pub(crate) fn populate(root: &Place) {
    for dir in ["full/sub", "empty", "spare_dir"] {
        root.make_dir(dir);
    }
    for file in ["file", "spare"] {
        root.make_file(file, file);
    }
    for (target, link) in [
        ("file", "to_file"),
        ("full", "to_full"),
        ("empty", "to_empty"),
        ("nowhere", "dangling"),
        ("loop", "loop"),
        ("full", "spare_link"),
    ] {
        root.make_link(target, link);
    }
}

/// Names, types and contents, and whether the time was set; what else there is differs between two
/// directories anyway.
pub(crate) fn tree(root: &Place) -> BTreeMap<String, String> {
    fn visit(place: &Place, above: &str, found: &mut BTreeMap<String, String>) {
        for (name, _) in place.list() {
            let name = String::from_utf8(name).unwrap();
            let stat = place.stat(&name).unwrap();
            let line = match stat.filetype {
                Filetype::Directory => "directory".to_owned(),
                Filetype::SymbolicLink => format!("-> {}", place.target(&name)),
                _ => format!("{:?}", place.read(&name)),
            };
            let touched = if stat.mtim == TIMES.1 { " touched" } else { "" };
            let path = format!("{above}/{name}");
            if stat.filetype == Filetype::Directory {
                visit(&place.at(&name), &path, found);
            }
            found.insert(path, line + touched);
        }
    }
    let mut found = BTreeMap::new();
    let touched = root.stat(".").unwrap().mtim == TIMES.1;
    found.insert(String::new(), touched.to_string());
    visit(root, "", &mut found);
    found
}

/// Two equal directories, for the guest and for the system.
struct Pair {
    ours: Place,
    theirs: Place,
    guest: Guest,
    native: OwnedFd,
    fresh: BTreeMap<String, String>,
}

impl Pair {
    fn new() -> Self {
        let (ours, theirs) = (Place::new(GROUND), Place::new(Ground::Host));
        populate(&ours);
        populate(&theirs);
        let guest = Guest::new(ours.preopen(WasiCtx::builder(), "/", Perms::read_write()));
        let native = OwnedFd::from(fs::File::open(theirs.path()).unwrap());
        let fresh = tree(&ours);
        assert_eq!(tree(&theirs), fresh);
        Pair { ours, theirs, guest, native, fresh }
    }

    fn trees(&self) -> [BTreeMap<String, String>; 2] {
        [tree(&self.ours), tree(&self.theirs)]
    }
}

/// Where our errno is not the system's, for a path that neither accepts.
struct Deviation {
    /// How the names of the calls start.
    calls: &'static [&'static str],
    /// How the paths end.
    ends: &'static [&'static str],
    ours: &'static [Errno],
    theirs: &'static [Errno],
    #[expect(dead_code, reason = "it is for people")]
    why: &'static str,
}

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        calls: &["create"],
        ends: &["/", ".", ".."],
        ours: &[ISDIR],
        theirs: &[NOENT, NOTDIR, LOOP, EXIST],
        why: "a path that only fits a directory is never created as a file, and that is said before it is followed",
    },
    Deviation {
        calls: &["symlink", "link to"],
        ends: &["/"],
        ours: &[NOTDIR, NOENT, LOOP],
        theirs: &[EXIST],
        why: "the slash asks for a directory; WASI's own tests and other systems hear why it is none",
    },
    Deviation {
        calls: &["rename file to", "rename link to"],
        ends: &["/"],
        ours: &[NOTDIR],
        theirs: &[NOENT, LOOP],
        why: "what is renamed is no directory, and that is said before the new path is followed",
    },
];

impl Deviation {
    fn covers(&self, call: &str, path: &str, ours: Errno, theirs: Errno) -> bool {
        self.calls.iter().any(|start| call.starts_with(start))
            && self.ends.iter().any(|end| path.ends_with(end))
            && self.ours.contains(&ours)
            && self.theirs.contains(&theirs)
    }
}

#[test]
fn ends_of_paths_mean_what_they_mean_to_the_system() {
    let mut pair = Pair::new();
    let (mut wrong, mut used) = (Vec::new(), vec![false; DEVIATIONS.len()]);
    for (name, ours, native) in CALLS {
        for start in STARTS {
            for end in ENDS {
                let path = format!("{start}{end}");
                // These lead to the parent of the directory, where no guest goes.
                if *start == "." && end.starts_with("/..") {
                    continue;
                }
                let theirs = native(&pair.native, &path).map_or_else(of_system, |()| SUCCESS);
                let ours = ours(&mut pair.guest, &path);
                let [our_tree, their_tree] = pair.trees();
                let excuse = DEVIATIONS.iter().position(|line| line.covers(name, &path, ours, theirs));
                if let Some(excuse) = excuse {
                    used[excuse] = true;
                    assert_eq!((&our_tree, &their_tree), (&pair.fresh, &pair.fresh), "{name} {path}");
                } else if ours != theirs {
                    wrong.push(format!("{name} {path}: {ours:?}, and the system {theirs:?}"));
                } else if our_tree != their_tree {
                    wrong.push(format!("{name} {path}: {ours:?} for both, and the trees differ"));
                }
                if our_tree != pair.fresh || their_tree != pair.fresh {
                    pair = Pair::new();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(used.iter().all(|used| *used), "a deviation that is none any more: {used:?}");
}

//! Tests of directories in which no symlink is followed.

use super::GROUND;
use crate::common::errno::{EXIST, Errno, INVAL, LOOP, NAMETOOLONG, NOENT, NOTDIR, PERM, SUCCESS, XDEV};
use crate::common::fixture::populate;
use crate::common::guest::{Guest, OUT, call};
use crate::common::ops::{
    CREAT, DIRECTORY, EXCL, FOLLOW, NOFOLLOW, READ, REGULAR_FILE, SYMBOLIC_LINK, TYPE_DIRECTORY, WRITE,
};
use crate::common::place::Place;
use wasi_snapshot::{Perms, WasiCtx};

/// The directory in which nothing is followed, and the same one as any other.
const PLAIN: u32 = 3;
const USUAL: u32 = 4;

fn guest() -> (Place, Guest) {
    let (root, mut builder) = (Place::new(GROUND), WasiCtx::builder());
    populate(&root);
    root.make_link("full/x", "deep");
    root.make_link("f/", "slashed");
    builder = root.preopen(builder, "/plain", Perms::read_write().no_follow());
    builder = root.preopen(builder, "/usual", Perms::read_write());
    (root, Guest::new(builder))
}

/// A call with one path: its name, whether it would follow what ends the path, and what makes it.
type Call = (&'static str, bool, fn(&mut Guest, &str) -> Errno);

const CALLS: &[Call] = &[
    ("mkdir", false, |g, path| g.at("path_create_directory", PLAIN, path)),
    ("rmdir", false, |g, path| g.at("path_remove_directory", PLAIN, path)),
    ("unlink", false, |g, path| g.at("path_unlink_file", PLAIN, path)),
    ("stat", true, |g, path| g.stat(PLAIN, path, FOLLOW).err().unwrap_or(SUCCESS)),
    ("lstat", false, |g, path| g.stat(PLAIN, path, NOFOLLOW).err().unwrap_or(SUCCESS)),
    ("utimes", true, |g, path| g.set_times(PLAIN, path, FOLLOW, (1, 1, 5))),
    ("lutimes", false, |g, path| g.set_times(PLAIN, path, NOFOLLOW, (1, 1, 5))),
    ("readlink", false, |g, path| g.readlink(PLAIN, path).err().unwrap_or(SUCCESS)),
    ("symlink", false, |g, path| g.symlink("f", PLAIN, path)),
    ("link from", false, |g, path| g.link(0, (PLAIN, path), (PLAIN, "hard"))),
    ("link to", false, |g, path| g.link(0, (PLAIN, "f"), (PLAIN, path))),
    ("rename from", false, |g, path| g.rename((PLAIN, path), (PLAIN, "renamed"))),
    ("rename to", false, |g, path| g.rename((PLAIN, "f"), (PLAIN, path))),
    ("open", true, |g, path| g.open(PLAIN, path, (FOLLOW, 0, READ, 0)).err().unwrap_or(SUCCESS)),
    ("open itself", true, |g, path| g.open(PLAIN, path, (NOFOLLOW, 0, READ, 0)).err().unwrap_or(SUCCESS)),
    ("open directory", true, |g, path| {
        g.open(PLAIN, path, (FOLLOW, DIRECTORY, READ, 0)).err().unwrap_or(SUCCESS)
    }),
    ("create", true, |g, path| g.open(PLAIN, path, (FOLLOW, CREAT, WRITE, 0)).err().unwrap_or(SUCCESS)),
];

/// Links on the way are refused by every call, and change nothing.
#[test]
fn no_call_goes_through_a_link() {
    let (root, mut g) = guest();
    let before = root.describe();
    for (name, _, act) in CALLS {
        for path in ["dirlink/g", "dirlink/new", "deep/new", "dirlink/../f", "d/../dirlink/g", "loop/x"] {
            assert_eq!(act(&mut g, path), LOOP, "{name} {path}");
        }
        for path in ["out/x", "absolute/x", "dangling/x", "link/x", "slashed/x"] {
            let errno = act(&mut g, path);
            assert_eq!(errno, LOOP, "{name} {path}");
        }
        assert_eq!(root.describe(), before, "{name}");
    }
}

/// A link that ends a path is refused where it would be followed.
#[test]
fn no_call_follows_a_link_at_the_end() {
    let (root, mut g) = guest();
    let before = root.describe();
    for (name, follows, act) in CALLS {
        if *follows {
            for link in ["link", "dirlink", "dangling", "out", "absolute", "loop", "deep", "d/../link"] {
                assert_eq!(act(&mut g, link), LOOP, "{name} {link}");
            }
        }
    }
    // A slash or a dot behind it has it followed elsewhere.
    for path in ["dirlink/", "dirlink/.", "deep//"] {
        for (name, act) in CALLS.iter().filter(|call| call.1).map(|call| (call.0, call.2)) {
            if name != "create" {
                assert_eq!(act(&mut g, path), LOOP, "{name} {path}");
            }
        }
    }
    assert_eq!(g.readlink(PLAIN, "dirlink/"), Err(LOOP));
    assert_eq!(g.stat(PLAIN, "dirlink/", NOFOLLOW).map(drop), Err(LOOP));
    assert_eq!(root.describe(), before);
}

/// Links themselves are like any other entry.
#[test]
fn links_can_be_looked_at_made_and_removed() {
    let (root, mut g) = guest();
    assert_eq!(g.stat(PLAIN, "dirlink", NOFOLLOW).map(|stat| stat.filetype), Ok(SYMBOLIC_LINK));
    assert_eq!(g.readlink(PLAIN, "out").as_deref(), Ok(&b"../outside"[..]));
    assert_eq!(g.symlink("d", PLAIN, "new"), SUCCESS);
    assert_eq!(g.set_times(PLAIN, "new", NOFOLLOW, (700, 700, 5)), SUCCESS);
    assert_eq!(root.stat("new").unwrap().mtim, 700);
    assert_eq!(g.link(0, (PLAIN, "new"), (PLAIN, "d/new")), SUCCESS);
    assert_eq!(g.rename((PLAIN, "d/new"), (PLAIN, "full/x/new")), SUCCESS);
    assert_eq!(root.target("full/x/new"), "d");
    assert_eq!(g.at("path_unlink_file", PLAIN, "full/x/new"), SUCCESS);
    assert_eq!(g.open(PLAIN, "new", (FOLLOW, CREAT | EXCL, WRITE, 0)), Err(EXIST));
}

/// Everything else works as it does elsewhere.
#[test]
fn other_paths_lead_where_they_should() {
    let (root, mut g) = guest();
    for (path, filetype) in [
        ("f", REGULAR_FILE),
        ("d", TYPE_DIRECTORY),
        ("d/", TYPE_DIRECTORY),
        ("d/g", REGULAR_FILE),
        ("d/./g", REGULAR_FILE),
        ("d/../f", REGULAR_FILE),
        ("full/x/../../d/g", REGULAR_FILE),
        ("full/x/..", TYPE_DIRECTORY),
        ("d/..", TYPE_DIRECTORY),
        (".", TYPE_DIRECTORY),
    ] {
        for lookup in [FOLLOW, NOFOLLOW] {
            let stat = g.stat(PLAIN, path, lookup);
            assert_eq!(stat, g.stat(USUAL, path, lookup), "{path}");
            assert_eq!(stat.map(|stat| stat.filetype), Ok(filetype), "{path}");
        }
        let fd = g.open_read(PLAIN, path).unwrap();
        assert_eq!(call!(g, fd_close, fd), SUCCESS);
    }
    for (path, errno) in [
        ("f/x", NOTDIR),
        ("f/", NOTDIR),
        ("f/../f", NOTDIR),
        ("missing/x", NOENT),
        ("missing/../f", NOENT),
        ("missing", NOENT),
        ("..", PERM),
        ("d/../..", PERM),
        ("d/../../plain/f", PERM),
        ("/f", PERM),
    ] {
        assert_eq!(g.stat(PLAIN, path, FOLLOW).map(drop), Err(errno), "{path}");
        assert_eq!(g.open_read(PLAIN, path).map(drop), Err(errno), "{path}");
    }
    let fd = g.create(PLAIN, "full/new").unwrap();
    assert_eq!(g.write(fd, "text"), Ok(4));
    assert_eq!(g.rename((PLAIN, "full/new"), (PLAIN, "d/g")), SUCCESS);
    assert_eq!(root.read("d/g"), b"text");
    assert_eq!(g.at("path_create_directory", PLAIN, "d/sub/"), SUCCESS);
    assert_eq!(g.at("path_remove_directory", PLAIN, "d/sub"), SUCCESS);
    assert_eq!(g.set_times(PLAIN, "d/", FOLLOW, (900, 900, 5)), SUCCESS);
    assert_eq!(root.stat("d").unwrap().mtim, 900);
    assert_eq!(g.at("path_remove_directory", PLAIN, "empty/."), INVAL);
}

#[test]
fn what_is_opened_below_follows_nothing_either() {
    let (root, mut g) = guest();
    root.make_link("g", "d/inner");
    let fd = g.open_read(PLAIN, "d").unwrap();
    let again = g.open_read(fd, ".").unwrap();
    for dir in [fd, again] {
        assert!(g.open_read(dir, "g").is_ok());
        assert_eq!(g.open_read(dir, "inner"), Err(LOOP));
        assert_eq!(g.open_read(dir, "../f"), Err(PERM));
        assert_eq!(g.list(dir, 4096).unwrap().0.len(), 4);
        assert_eq!(call!(g, fd_filestat_set_times, dir, 500, 500, 5), SUCCESS);
        assert_eq!(g.fstat(dir).map(|stat| stat.mtim), Ok(500));
    }
    let usual = g.open_read(USUAL, "d").unwrap();
    assert!(g.open_read(usual, "inner").is_ok());
    // What may be followed in one directory must not come in by another.
    assert_eq!(g.rename((usual, "g"), (fd, "g")), PERM);
    assert_ne!(g.rename((fd, "g"), (again, "h")), XDEV);
    assert_eq!(call!(g, fd_fdstat_get, fd, OUT), SUCCESS);
}

/// Paths may be as deep as they like, and come up again from as deep as the documentation says.
#[test]
fn deep_paths() {
    let (root, mut g) = guest();
    let down = |depth: usize| vec!["d"; depth].join("/");
    root.make_dir(&format!("empty/{}", down(300)));
    let dir = g.open_read(PLAIN, "empty").unwrap();
    assert!(g.open_read(dir, down(300)).is_ok());
    let up = |depth: usize| format!("{}/{}", down(depth), vec![".."; depth].join("/"));
    assert!(g.stat(dir, up(64), FOLLOW).is_ok());
    assert_eq!(g.stat(dir, up(65), FOLLOW).map(drop), Err(NAMETOOLONG));
    assert!(g.stat(dir, format!("{}/../..", down(300)), FOLLOW).is_ok());
    assert_eq!(g.stat(dir, format!("{}/..", up(10)), FOLLOW).map(drop), Err(PERM));
}

/// A name is looked up only where that is allowed, and `.` and `..` are names, too: "search permission is denied for a
/// component of the path prefix" (POSIX). In memory there are no modes, and a layer is not asked for them where a path
/// goes up again.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_may_not_be_searched() {
    use crate::common::errno::{ACCES, ISDIR};
    use std::os::unix::fs::PermissionsExt;
    crate::common::unprivileged::renounce();
    let (root, mut g) = guest();
    let Place::Host(_, path, false) = &root else { return };
    let mode = |mode| std::fs::set_permissions(path.join("full"), PermissionsExt::from_mode(mode)).unwrap();
    mode(0o600);
    let before = root.at("d").describe();
    for (name, _, act) in CALLS {
        for path in ["full/../f", "full/../new", "d/../full/../d/g", "full/.", "full/./", "full/..", "full/x"]
        {
            let errno = act(&mut g, path);
            // What only fits a directory is never created as a file, wherever it is.
            let expected = if *name == "create" && path.ends_with(['.', '/']) { ISDIR } else { ACCES };
            assert_eq!(errno, expected, "{name} {path}");
        }
        assert_eq!(root.at("d").describe(), before, "{name}");
    }
    mode(0o700);
}

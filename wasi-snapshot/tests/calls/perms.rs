//! Tests of permissions finer than read-only, files at chosen numbers, and changes between calls.

use crate::common::errno::{BADF, PERM, SUCCESS, XDEV};
use crate::common::guest::{Guest, OUT, call};
use crate::common::ops::{CREAT, NOFOLLOW, READ, WRITE};
use crate::common::system::open_dir;
use std::io::ErrorKind;
use std::net::TcpListener;
use tempfile::TempDir;
use wasi_snapshot::{
    Access, BuildError, Dir, Errno, HostDir, Listener, MemDir, MemLimits, OpenHow, Opened, PathRef, Perms,
    PreopenFile, WasiCtx,
};

const ROOT: u32 = 3;
const ALL: Perms = Perms::read_write();

/// `rights` of the witx.
const CREATE_FILE: u64 = 1 << 10;
const LINK_SOURCE: u64 = 1 << 11;
const RENAME_SOURCE: u64 = 1 << 16;
const SET_TIMES: u64 = 1 << 20;
const SYMLINK: u64 = 1 << 24;
const UNLINK: u64 = 1 << 26;

fn memory() -> MemDir {
    let dir = MemDir::new(MemLimits::default());
    dir.add("f", "text").unwrap();
    dir
}

/// What each call gives with permissions, by the right that it needs.
fn outcomes(g: &mut Guest) -> Vec<(u64, bool)> {
    let may = |errno| {
        assert!([SUCCESS, PERM].contains(&errno), "{errno:?}");
        errno == SUCCESS
    };
    let created = g.open(ROOT, "new", (NOFOLLOW, CREAT, READ, 0)).map_or_else(|errno| errno, |_| SUCCESS);
    vec![
        (CREATE_FILE, may(created)),
        (SYMLINK, may(g.symlink("f", ROOT, "s"))),
        (LINK_SOURCE, may(g.link(0, (ROOT, "f"), (ROOT, "l")))),
        (SET_TIMES, may(g.set_times(ROOT, "f", 0, (1, 1, 1)))),
        (RENAME_SOURCE, may(g.rename((ROOT, "f"), (ROOT, "g")))),
        (UNLINK, {
            let name = if g.stat(ROOT, "g", NOFOLLOW).is_ok() { "g" } else { "f" };
            may(g.at("path_unlink_file", ROOT, name))
        }),
    ]
}

#[test]
fn what_is_forbidden_is_refused_and_not_among_the_rights() {
    for (perms, missing) in [
        (ALL, 0),
        (ALL.no_create(), CREATE_FILE),
        (ALL.no_symlink(), SYMLINK),
        (ALL.no_link(), LINK_SOURCE),
        (ALL.no_set_times(), SET_TIMES),
        (ALL.no_rename(), RENAME_SOURCE),
        (ALL.no_delete(), UNLINK | RENAME_SOURCE),
        (ALL.no_create().no_link(), CREATE_FILE | LINK_SOURCE),
        (ALL.no_follow(), 0),
        (Perms::read_only(), CREATE_FILE | SYMLINK | LINK_SOURCE | SET_TIMES | RENAME_SOURCE | UNLINK),
    ] {
        let root = TempDir::new().unwrap();
        std::fs::write(root.path().join("f"), "text").unwrap();
        let on_host = Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/", perms));
        let in_memory = Guest::new(WasiCtx::builder().preopen(memory(), "/", perms));
        for mut g in [on_host, in_memory] {
            assert_eq!(call!(g, fd_fdstat_get, ROOT, OUT), SUCCESS);
            let rights = g.u64(OUT + 8);
            for (right, allowed) in outcomes(&mut g) {
                assert_eq!(allowed, missing & right == 0, "{perms:?} {right:#x}");
                assert_eq!(rights & right != 0, allowed, "{perms:?} {right:#x}");
            }
        }
    }
}

#[test]
fn calls_over_two_directories_need_equal_permissions() {
    let dir = memory();
    let mut g = Guest::new(
        WasiCtx::builder()
            .preopen(dir.clone(), "/a", ALL)
            .preopen(dir.clone(), "/b", ALL.no_set_times())
            .preopen(dir.clone(), "/c", ALL)
            .preopen(memory(), "/other", ALL),
    );
    assert_eq!(g.rename((3, "f"), (4, "g")), PERM);
    assert_eq!(g.link(0, (4, "f"), (3, "g")), PERM);
    assert_eq!(g.rename((3, "f"), (6, "g")), XDEV);
    assert_eq!(g.link(0, (3, "f"), (6, "g")), XDEV);
    assert_eq!(g.rename((3, "f"), (5, "g")), SUCCESS);
    assert_eq!(dir.read("g").unwrap(), b"text");
}

#[test]
fn directories_of_different_kinds_share_no_files() {
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join("f"), "text").unwrap();
    let mut g =
        Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/h", ALL).preopen(memory(), "/m", ALL));
    for (from, to) in [(3, 4), (4, 3)] {
        assert_eq!(g.rename((from, "f"), (to, "g")), XDEV);
        assert_eq!(g.link(0, (from, "f"), (to, "g")), XDEV);
    }
}

/// An open file of a tree in memory.
fn open(dir: &MemDir, path: &str) -> Box<dyn wasi_snapshot::File> {
    match dir.open(&PathRef::parse(path).unwrap(), OpenHow::create()).unwrap() {
        Opened::File(file) => file,
        _ => panic!("{path} is no file"),
    }
}

#[test]
fn files_and_listeners_at_chosen_numbers() {
    let dir = memory();
    let listener = || TcpListener::bind("127.0.0.1:0").unwrap();
    let host = tempfile::tempfile().unwrap();
    let mut g = Guest::new(
        WasiCtx::builder()
            .preopen_file(open(&dir, "lowest"), Access::ReadWrite)
            .preopen_file(PreopenFile::from(open(&dir, "f")).at(9), Access::Read)
            .preopen_file(PreopenFile::from(host).at(7), Access::Write)
            .preopen_listener(Listener::from(listener()).at(8))
            .preopen(dir.clone(), "/", Perms::read_only()),
    );
    assert_eq!(g.read(9, 16).as_deref(), Ok(&b"text"[..]));
    assert_eq!(g.write(9, "x"), Err(BADF));
    assert_eq!(g.write(7, "x"), Ok(1));
    assert_eq!(g.read(7, 1), Err(BADF));
    assert_eq!(g.write(4, "there"), Ok(5));
    assert_eq!(dir.read("lowest").unwrap(), b"there");
    assert_eq!(g.open_read(ROOT, "f"), Ok(5));
    let open: Vec<_> = g.ctx.fds().map(|open| open.fd).collect();
    assert_eq!(open, [0, 1, 2, 3, 4, 5, 7, 8, 9]);
}

#[test]
fn numbers_that_are_taken() {
    let dir = memory();
    for (fd, expected) in [(0, "taken"), (2, "taken"), (3, "taken"), (1024, "limit"), (u32::MAX, "limit")] {
        let builder = WasiCtx::builder()
            .preopen(dir.clone(), "/", ALL)
            .preopen_file(PreopenFile::from(open(&dir, "f")).at(fd), Access::Read);
        let error = builder.build().map(drop).unwrap_err();
        match expected {
            "taken" => assert!(matches!(error, BuildError::TakenDescriptor(n) if n == fd), "{error}"),
            _ => assert!(
                matches!(error, BuildError::DescriptorBeyondLimit { fd: n, max: 1024 } if n == fd),
                "{error}"
            ),
        }
    }
}

#[test]
fn handles_that_do_not_fit() {
    let error = HostDir::from_handle(tempfile::tempfile().unwrap()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotADirectory);
    let mut ctx = WasiCtx::builder().build().unwrap();
    let directory = open_dir(&std::env::temp_dir());
    assert_eq!(ctx.push_file(directory, Access::Read), Err(Errno::Isdir));
    let directory = open_dir(&std::env::temp_dir());
    let error = WasiCtx::builder().preopen_file(directory, Access::Read).build().map(drop).unwrap_err();
    assert!(matches!(error, BuildError::File(_)), "{error}");
}

#[test]
fn a_handle_is_a_directory() {
    let root = TempDir::new().unwrap();
    let handle = open_dir(root.path());
    let mut g = Guest::new(WasiCtx::builder().preopen(HostDir::from_handle(handle).unwrap(), "/h", ALL));
    assert!(g.open(ROOT, "new", (NOFOLLOW, CREAT, READ | WRITE, 0)).is_ok());
    assert!(root.path().join("new").exists());
    assert_eq!(g.rename((ROOT, "new"), (ROOT, "../out")), PERM);
}

/// Also those of the host: by handle, at a number, and with the permissions of any other.
#[test]
fn handles_between_calls() {
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join("f"), "text").unwrap();
    let mut g = Guest::new(WasiCtx::builder());
    let dir = HostDir::open(root.path()).unwrap();
    assert_eq!(g.ctx.push_dir(dir.clone(), "/h", Perms::read_only()), Ok(3));
    let file = || PreopenFile::from(std::fs::File::open(root.path().join("f")).unwrap());
    assert_eq!(g.ctx.push_file(file().at(9), Access::Read), Ok(9));
    assert_eq!(g.ctx.push_file(file().at(9), Access::Read), Err(Errno::Exist));
    assert_eq!(g.ctx.push_file(file().at(1024), Access::Read), Err(Errno::Nfile));
    assert_eq!(g.ctx.push_file(file(), Access::Read), Ok(4));
    assert_eq!(g.read(9, 16).as_deref(), Ok(&b"text"[..]));
    assert_eq!(g.open(3, "new", (NOFOLLOW, CREAT, READ | WRITE, 0)), Err(PERM));
    // What was cloned is the guest's no less.
    drop(dir);
    let opened = g.open_read(3, "f").unwrap();
    assert_eq!(g.read(opened, 16).as_deref(), Ok(&b"text"[..]));
}

/// A directory of the host's is the same for guests, whichever way they were given it: so it can be renamed between.
#[test]
fn a_host_directory_is_a_path() {
    let root = TempDir::new().unwrap();
    std::fs::write(root.path().join("f"), "text").unwrap();
    let dir = HostDir::open(root.path()).unwrap();
    let mut g = Guest::new(
        WasiCtx::builder()
            .preopen_dir(root.path(), "/path", ALL)
            .preopen(dir.clone(), "/value", ALL)
            .preopen(dir.clone(), "/no_follow", ALL.no_follow()),
    );
    let late = g.ctx.push_dir(dir, "/late", ALL).unwrap();
    let below = g.open_read(4, ".").unwrap();
    for (from, to) in [(3, 4), (4, late), (late, below), (below, 3)] {
        assert_eq!(g.rename((from, "f"), (to, "g")), SUCCESS);
        assert_eq!(g.rename((to, "g"), (from, "f")), SUCCESS);
    }
    assert_eq!(g.rename((5, "f"), (5, "g")), SUCCESS);
    for fd in [3, 4, 5, late] {
        assert_eq!(g.rename((fd, "g"), (fd, "../out")), PERM);
    }
}

#[test]
fn changes_between_calls() {
    let dir = memory();
    let mut g = Guest::new(WasiCtx::builder());
    let fd = g.ctx.push_dir(dir.clone(), "/late", Perms::read_only()).unwrap();
    assert_eq!(g.ctx.push_dir(dir.clone(), "/late", ALL), Err(Errno::Exist));
    assert_eq!(g.ctx.push_dir(dir.clone(), "", ALL), Err(Errno::Inval));
    let file = g.ctx.push_file(open(&dir, "f"), Access::ReadWrite).unwrap();
    assert_eq!((fd, file), (3, 4));
    assert_eq!(g.write(file, "TE"), Ok(2));
    let opened = g.open_read(fd, "f").unwrap();
    assert_eq!(g.read(opened, 16).as_deref(), Ok(&b"TExt"[..]));
    let names: Vec<_> = g.ctx.fds().filter_map(|open| open.preopen).collect();
    assert_eq!(names, ["/late"]);
    g.ctx.close(fd).unwrap();
    assert_eq!(g.ctx.close(fd), Err(Errno::Badf));
    assert_eq!(g.open_read(fd, "f"), Err(BADF));
}

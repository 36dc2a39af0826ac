//! Tests that directories in memory do what the host's do, and stay within their limits.

use crate::common::errno::{Errno, ISDIR, NOENT, NOSPC, NOTDIR, ROFS, SUCCESS};
use crate::common::guest::{DATA, Guest, OUT, call};
use crate::common::ops::{
    APPEND, CREAT, DIRECTORY, EXCL, FOLLOW, Filestat, NOFOLLOW, READ, TRUNC, TYPE_DIRECTORY, WRITE,
};
use proptest::prelude::*;
use tempfile::TempDir;
use wasi_snapshot::{MemDir, MemLimits, Perms, WasiCtx};

const ROOT: u32 = 3;

fn guest(dir: MemDir) -> Guest {
    Guest::new(WasiCtx::builder().preopen(dir, "/", Perms::read_write()))
}

/// Something that a guest does. The first number chooses one of the directories that it has open.
#[derive(Clone, Debug)]
enum Op {
    Mkdir(usize, String),
    Rmdir(usize, String),
    Unlink(usize, String),
    Symlink(String, usize, String),
    Link((usize, String), (usize, String)),
    Rename((usize, String), (usize, String)),
    Write(usize, String, (u32, u32, u32)),
    Stat(usize, String, u32),
    Readlink(usize, String),
    OpenDir(usize, String, u32),
    List(usize),
}

/// What came of it, as far as two file systems must agree.
#[derive(Debug, PartialEq)]
enum Seen {
    Errno(Errno),
    Done,
    Text(Vec<u8>),
    Stat(u8, u64, u64),
    Names(Vec<(Vec<u8>, u8)>),
}

fn seen(result: Result<Seen, Errno>) -> Seen {
    result.unwrap_or_else(Seen::Errno)
}

/// Links and sizes of directories are each file system's own affair.
fn agreed(stat: Filestat) -> Seen {
    match stat.filetype {
        TYPE_DIRECTORY => Seen::Stat(TYPE_DIRECTORY, 0, 0),
        other => Seen::Stat(other, stat.nlink, stat.size),
    }
}

fn done(errno: Errno) -> Seen {
    if errno == SUCCESS { Seen::Done } else { Seen::Errno(errno) }
}

/// A guest, and the directories that it has open.
struct Player {
    guest: Guest,
    dirs: Vec<u32>,
}

impl Player {
    fn play(&mut self, op: &Op) -> Seen {
        let dirs = self.dirs.clone();
        let dir = |n: &usize| dirs[n % dirs.len()];
        let g = &mut self.guest;
        match op {
            Op::Mkdir(at, path) => done(g.at("path_create_directory", dir(at), path)),
            Op::Rmdir(at, path) => done(g.at("path_remove_directory", dir(at), path)),
            Op::Unlink(at, path) => done(g.at("path_unlink_file", dir(at), path)),
            Op::Symlink(target, at, path) => done(g.symlink(target, dir(at), path)),
            Op::Link((old, from), (new, to)) => done(g.link(0, (dir(old), from), (dir(new), to))),
            Op::Rename((old, from), (new, to)) => done(g.rename((dir(old), from), (dir(new), to))),
            Op::Write(at, path, (lookup, oflags, fdflags)) => {
                seen(g.open(dir(at), path, (*lookup, *oflags, READ | WRITE, *fdflags)).and_then(|fd| {
                    g.write(fd, "data")?;
                    assert_eq!(call!(g, fd_seek, fd, 0, 0, OUT), SUCCESS);
                    let text = g.read(fd, 64)?;
                    assert_eq!(call!(g, fd_close, fd), SUCCESS);
                    Ok(Seen::Text(text))
                }))
            }
            Op::Stat(at, path, lookup) => seen(g.stat(dir(at), path, *lookup).map(agreed)),
            Op::Readlink(at, path) => seen(g.readlink(dir(at), path).map(Seen::Text)),
            Op::OpenDir(at, path, lookup) => {
                let opened = g.open(dir(at), path, (*lookup, DIRECTORY, READ, 0));
                seen(opened.map(|fd| self.dirs.push(fd)).map(|()| Seen::Done))
            }
            Op::List(at) => seen(g.list(dir(at), 4096).map(|(entries, _)| {
                let mut names: Vec<_> =
                    entries.into_iter().map(|entry| (entry.name, entry.filetype)).collect();
                names.sort();
                Seen::Names(names)
            })),
        }
    }
}

fn path() -> impl Strategy<Value = String> {
    let step = prop::sample::select(vec!["a", "b", "c", "a", "b", ".."]);
    let end = prop::sample::select(vec!["", "", "", "", "/", "/."]);
    (prop::collection::vec(step, 1..4), end).prop_map(|(steps, end)| steps.join("/") + end)
}

fn op() -> impl Strategy<Value = Op> {
    let at = || (0..4usize, path());
    let lookup = || prop::sample::select(vec![NOFOLLOW, FOLLOW]);
    let oflags = prop::sample::select(vec![0, CREAT, CREAT | EXCL, CREAT | TRUNC, TRUNC]);
    let fdflags = prop::sample::select(vec![0, APPEND]);
    prop_oneof![
        4 => at().prop_map(|(at, path)| Op::Mkdir(at, path)),
        2 => at().prop_map(|(at, path)| Op::Rmdir(at, path)),
        2 => at().prop_map(|(at, path)| Op::Unlink(at, path)),
        3 => (path(), at()).prop_map(|(target, (at, path))| Op::Symlink(target, at, path)),
        2 => (at(), at()).prop_map(|(from, to)| Op::Link(from, to)),
        4 => (at(), at()).prop_map(|(from, to)| Op::Rename(from, to)),
        4 => (at(), lookup(), oflags, fdflags)
            .prop_map(|((at, path), lookup, oflags, fdflags)| Op::Write(at, path, (lookup, oflags, fdflags))),
        3 => (at(), lookup()).prop_map(|((at, path), lookup)| Op::Stat(at, path, lookup)),
        1 => at().prop_map(|(at, path)| Op::Readlink(at, path)),
        2 => (at(), lookup()).prop_map(|((at, path), lookup)| Op::OpenDir(at, path, lookup)),
        2 => (0..4usize).prop_map(Op::List),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_host_agree(ops in prop::collection::vec(op(), 1..40)) {
        let root = TempDir::new().unwrap();
        let host = Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/", Perms::read_write()));
        let mut host = Player { guest: host, dirs: vec![ROOT] };
        let mut memory = Player { guest: guest(MemDir::new(MemLimits::default())), dirs: vec![ROOT] };
        for (at, op) in ops.iter().enumerate() {
            let (expected, found) = (host.play(op), memory.play(op));
            prop_assert_eq!(&found, &expected, "memory and host after {:?}", &ops[..=at]);
        }
    }
}

/// What only could become a directory is no place for a file, as on the host.
#[test]
fn creating_through_a_link_with_a_slash() {
    let root = TempDir::new().unwrap();
    let host = Guest::new(WasiCtx::builder().preopen_dir(root.path(), "/", Perms::read_write()));
    for mut g in [host, guest(MemDir::new(MemLimits::default()))] {
        for (target, link) in [("b/", "a"), ("b/.", "c"), ("missing/b/", "d"), ("b", "e")] {
            assert_eq!(g.symlink(target, ROOT, link), SUCCESS);
        }
        let mut outcome = |link: &str| g.open(ROOT, link, (FOLLOW, CREAT, WRITE, 0)).map(drop);
        assert_eq!(outcome("a"), Err(ISDIR));
        assert_eq!(outcome("c"), Err(NOENT));
        assert_eq!(outcome("d"), Err(NOENT));
        assert_eq!(outcome("e"), Ok(()));
        assert_eq!(outcome("a"), Err(NOTDIR));
    }
}

#[test]
fn holes_count_and_nothing_is_lost_at_the_limit() {
    let dir = MemDir::new(MemLimits::default().max_bytes(4096));
    let mut g = guest(dir.clone());
    let fd = g.create(ROOT, "f").unwrap();
    assert_eq!(g.write(fd, "kept"), Ok(4));
    for size in [4096u64, 1 << 20] {
        assert_eq!(call!(g, fd_filestat_set_size, fd, size), NOSPC, "{size}");
    }
    g.put(DATA, "x");
    let (iovs, count) = g.iovecs(&[(DATA, 1)]);
    assert_eq!(call!(g, fd_pwrite, fd, iovs, count, 1u64 << 40, OUT), NOSPC);
    assert_eq!(dir.read("f").unwrap(), b"kept");
    // What still fits is written, as on a full disk.
    let written = g.write(fd, [b'y'; 8000]).unwrap();
    assert!((3000..4096).contains(&written), "{written}");
    assert_eq!(g.write(fd, "z"), Err(NOSPC));
    assert_eq!(g.at("path_unlink_file", ROOT, "f"), SUCCESS);
    assert_eq!(g.create(ROOT, "g").map(|fd| g.write(fd, [0; 3000])), Err(NOSPC), "it is still open");
    assert_eq!(call!(g, fd_close, fd), SUCCESS);
    let fd = g.create(ROOT, "g").unwrap();
    assert_eq!(g.write(fd, [0; 3000]), Ok(3000));
}

#[test]
fn entries_are_limited() {
    let mut g = guest(MemDir::new(MemLimits::default().max_entries(2)));
    assert_eq!(g.at("path_create_directory", ROOT, "a"), SUCCESS);
    assert_eq!(g.symlink("a", ROOT, "b"), SUCCESS);
    assert_eq!(g.at("path_create_directory", ROOT, "c"), NOSPC);
    assert_eq!(g.create(ROOT, "c"), Err(NOSPC));
    assert_eq!(g.at("path_unlink_file", ROOT, "b"), SUCCESS);
    assert!(g.create(ROOT, "c").is_ok());
}

#[test]
fn an_open_file_outlives_its_name() {
    let mut g = guest(MemDir::new(MemLimits::default()));
    let fd = g.create(ROOT, "f").unwrap();
    assert_eq!(g.at("path_unlink_file", ROOT, "f"), SUCCESS);
    assert_eq!(g.write(fd, "still"), Ok(5));
    assert_eq!(g.fstat(fd).map(|stat| (stat.nlink, stat.size)), Ok((0, 5)));
}

#[test]
fn embedded_files_cannot_be_changed() {
    let dir = MemDir::read_only([("a/b", "text"), ("c", "more")]).unwrap();
    // Whatever the permissions of the preopen are.
    let mut g = guest(dir.clone());
    let fd = g.open_read(ROOT, "a/b").unwrap();
    assert_eq!(g.read(fd, 16).as_deref(), Ok(&b"text"[..]));
    assert_eq!(g.create(ROOT, "a/b"), Err(ROFS));
    assert_eq!(g.create(ROOT, "new"), Err(ROFS));
    assert_eq!(g.at("path_create_directory", ROOT, "new"), ROFS);
    assert_eq!(g.at("path_unlink_file", ROOT, "c"), ROFS);
    assert_eq!(g.rename((ROOT, "c"), (ROOT, "d")), ROFS);
    assert_eq!(g.link(0, (ROOT, "c"), (ROOT, "d")), ROFS);
    assert_eq!(g.symlink("c", ROOT, "d"), ROFS);
    assert_eq!(g.set_times(ROOT, "c", 0, (1, 1, 1)), ROFS);
    assert!(MemDir::read_only([("a", "1"), ("a", "2")]).is_err());
    assert!(MemDir::read_only([("../a", "1")]).is_err());
}

/// The number of a directory's links tells how many directories it holds, as programs like `find` rely on.
#[test]
fn links_of_directories_are_counted() {
    let mut g = guest(MemDir::new(MemLimits::default()));
    let links = |g: &mut Guest, path: &str| g.stat(ROOT, path, NOFOLLOW).unwrap().nlink;
    for path in ["a", "b", "a/x", "a/y"] {
        assert_eq!(g.at("path_create_directory", ROOT, path), SUCCESS);
    }
    g.create(ROOT, "a/file").unwrap();
    assert_eq!((links(&mut g, "."), links(&mut g, "a"), links(&mut g, "b")), (4, 4, 2));
    assert_eq!(g.rename((ROOT, "a/x"), (ROOT, "b/x")), SUCCESS);
    assert_eq!((links(&mut g, "a"), links(&mut g, "b")), (3, 3));
    assert_eq!(g.rename((ROOT, "a/y"), (ROOT, "b/x")), SUCCESS, "over an empty one");
    assert_eq!((links(&mut g, "a"), links(&mut g, "b")), (2, 3));
    assert_eq!(g.at("path_remove_directory", ROOT, "b/x"), SUCCESS);
    assert_eq!((links(&mut g, "."), links(&mut g, "b")), (4, 2));
    let open = g.open_read(ROOT, "b").unwrap();
    assert_eq!(g.at("path_remove_directory", ROOT, "b"), SUCCESS);
    assert_eq!(g.fstat(open).map(|stat| stat.nlink), Ok(0));
    assert_eq!(links(&mut g, "."), 3);
}

//! Files by name: attributes, opening and closing, creating and removing.

use crate::guest::{CLOSE, CREATE_NEW, Guest, PATH, READ, RESULT, WRITE, open, sequence};
use crate::running::make_file;
use crate::sides::Group;
use criterion::Criterion;
use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, statat, unlinkat};
use std::fs::File;
use std::path::Path;

const SHALLOW: &str = "f";
const DEEP: &str = "a/b/c/d/e/f";

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "files");
    let fstat_call = format!("(call $fd_filestat_get (global.get $fd) (i32.const {RESULT}))");
    group.guest("fd_filestat_get", &Guest::new(fstat_call).opens(SHALLOW), files);
    group.native("fd_filestat_get", files, |dir| {
        let file = File::open(dir.join(SHALLOW)).expect("the file has been made");
        move || fstat(&file)
    });
    for (depth, path) in [("shallow", SHALLOW), ("six deep", DEEP)] {
        by_path(&mut group, depth, path);
    }

    let create = open("n", CREATE_NEW, WRITE);
    let unlink = format!("(call $path_unlink_file (i32.const 3) (i32.const {PATH}) (i32.const 1))");
    let guest = Guest::new(sequence(&[&create, CLOSE, &unlink])).path("n");
    group.guest("create + close + unlink", &guest, files);
    group.memory("create + close + unlink", &guest, files);
    group.native("create + close + unlink", files, |dir| {
        let dir = directory(dir);
        move || {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            drop(openat(&dir, "n", flags, Mode::from_raw_mode(0o666))?);
            unlinkat(&dir, "n", AtFlags::empty())
        }
    });
}

fn by_path(group: &mut Group<'_>, depth: &str, path: &'static str) {
    let stat = format!(
        "(call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const {PATH}) (i32.const {}) (i32.const {RESULT}))",
        path.len()
    );
    let case = format!("path_filestat_get {depth}");
    let guest = Guest::new(stat).path(path);
    group.guest(&case, &guest, files);
    group.plain(&case, &guest, files);
    group.memory(&case, &guest, files);
    group.native(&case, files, |dir| {
        let dir = directory(dir);
        move || statat(&dir, path, AtFlags::SYMLINK_NOFOLLOW)
    });

    let case = format!("open + close {depth}");
    let guest = Guest::new(sequence(&[&open(path, 0, READ), CLOSE])).path(path);
    group.guest(&case, &guest, files);
    group.plain(&case, &guest, files);
    group.memory(&case, &guest, files);
    group.native(&case, files, |dir| {
        let dir = directory(dir);
        move || openat(&dir, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
    });
}

fn files(dir: &Path) {
    let deep = dir.join(DEEP);
    std::fs::create_dir_all(deep.parent().expect("it is deep")).expect("the directory is ours");
    make_file(&deep);
    make_file(&dir.join(SHALLOW));
}

fn directory(dir: &Path) -> File {
    File::open(dir).expect("the directory is ours")
}

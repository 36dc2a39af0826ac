//! Tests of going through the files of a directory in memory.

use std::collections::BTreeMap;
use wasi_snapshot::{Dir, MemDir, MemLimits, OpenHow, Opened, PathRef};

fn path(path: &str) -> PathRef<'_> {
    PathRef::parse(path).unwrap()
}

fn names(dir: &MemDir) -> Vec<String> {
    dir.files().map(|(name, _)| name).collect()
}

fn directory(dir: &MemDir, name: &str) -> MemDir {
    let Ok(Opened::Dir(opened)) = dir.open(&path(name), OpenHow::read()) else { panic!("{name}") };
    opened.downcast_ref::<MemDir>().unwrap().clone()
}

/// The order is that of the names in each directory, not that of whole paths: `a.b` comes before `a/b`, and after `a`.
#[test]
fn all_files_come_in_order_with_their_bytes() {
    let dir = MemDir::new(MemLimits::default());
    assert_eq!(dir.files().count(), 0);
    for name in ["b", "a.b", "a/z", "a/c/d", "B", "ä", "a/c.d"] {
        dir.add(name, name.repeat(3).into_bytes()).unwrap();
    }
    dir.create_dir(&path("empty")).unwrap();
    dir.symlink("b", &path("link")).unwrap();
    dir.symlink("a", &path("dirlink")).unwrap();
    dir.link(&path("b"), &dir, &path("second")).unwrap();
    let expected = ["B", "a/c/d", "a/c.d", "a/z", "a.b", "b", "second", "ä"];
    assert_eq!(names(&dir), expected);
    for (name, bytes) in dir.files() {
        assert_eq!(bytes, dir.read(&name).unwrap());
    }
    assert_eq!(names(&directory(&dir, "a")), ["c/d", "c.d", "z"]);
    let kept = MemDir::read_only(dir.files()).unwrap();
    assert!(kept.files().eq(dir.files()));
}

/// The names are those of one moment, and nothing is locked meanwhile.
#[test]
fn the_tree_can_be_used_meanwhile() {
    let dir = MemDir::new(MemLimits::default());
    for name in ["a", "b", "c", "d/e", "f"] {
        dir.add(name, name).unwrap();
    }
    let Ok(Opened::File(held)) = dir.open(&path("f"), OpenHow::read()) else { panic!("f") };
    let mut found = BTreeMap::new();
    for (name, bytes) in dir.files() {
        if name == "a" {
            dir.unlink(&path("a")).unwrap();
            dir.unlink(&path("b")).unwrap();
            dir.unlink(&path("f")).unwrap();
            dir.add("new", "new").unwrap();
            dir.rename(&path("d"), &dir, &path("moved")).unwrap();
            let Ok(Opened::File(mut file)) = dir.open(&path("c"), OpenHow::create()) else { panic!("c") };
            file.write_at(b"C", 0).unwrap();
        }
        found.insert(name, bytes);
    }
    let expected = [("a", "a"), ("c", "C"), ("d/e", "d/e"), ("f", "f")];
    assert!(
        found.iter().map(|(name, bytes)| (&**name, &**bytes)).eq(expected.map(|(n, b)| (n, b.as_bytes())))
    );
    drop(held);
    assert_eq!(names(&dir), ["c", "moved/e", "new"]);
    // It does not need the directory that it came from, either.
    let files = dir.files();
    drop(dir);
    assert_eq!(files.count(), 3);
}

/// A guest makes a tree as deep as it likes.
#[test]
fn depth_takes_no_stack() {
    const DEPTH: usize = 20_000;
    let root = MemDir::new(MemLimits::default());
    let mut here = root.clone();
    for _ in 0..DEPTH {
        here.create_dir(&path("d")).unwrap();
        here = directory(&here, "d");
    }
    here.add("f", "deep").unwrap();
    let files: Vec<_> = root.files().collect();
    assert_eq!(files, [(format!("{}f", "d/".repeat(DEPTH)), b"deep".to_vec())]);
}

//! A directory of the embedder's own, made of two others through the public traits alone: one of the host below, and one
//! in memory above that takes all changes.
//!
//! A file that is written is copied up first; one that is removed leaves a whiteout, which hides what is below. Files that
//! are only read are the host's, at its speed. Symlinks of the host are not there for the guest, and its paths come here
//! step by step, since it is given the overlay with `no_follow`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use wasi_facade::snapshot::{Component, Dir, DirEntry, Errno, Filestat, Filetype, OpenHow, Opened, PathRef};
use wasi_facade::snapshot::{HostDir, MemDir, MemLimits, Perms};
use wasi_facade::{Host, Outcome, WasiCtx};

/// A directory of the overlay: both layers, and the path from their roots.
struct Overlay {
    layers: Arc<Layers>,
    prefix: String,
}

struct Layers {
    lower: HostDir,
    upper: MemDir,
    whiteouts: Mutex<BTreeSet<String>>,
}

impl Overlay {
    fn new(lower: HostDir, upper: MemDir) -> Self {
        let layers = Layers { lower, upper, whiteouts: Mutex::default() };
        Overlay { layers: Arc::new(layers), prefix: String::from(".") }
    }

    /// The path from the roots of both layers.
    fn full(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        let mut steps = Vec::new();
        for component in path.components() {
            match component {
                Component::Name(name) => steps.push(name),
                Component::Parent => {
                    steps.pop().ok_or(Errno::Perm)?;
                }
            }
        }
        steps.insert(0, &self.prefix);
        Ok(steps.join("/"))
    }
}

impl Layers {
    /// Was the path, or a directory that it is in, removed from the layer below?
    fn hides(&self, path: &str) -> bool {
        let whiteouts = self.whiteouts.lock().unwrap_or_else(PoisonError::into_inner);
        whiteouts.iter().any(|gone| {
            path.strip_prefix(gone.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    fn hide(&self, path: String) {
        self.whiteouts.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    }

    fn below(&self, path: &str) -> Result<Filestat, Errno> {
        if self.hides(path) {
            return Err(Errno::Noent);
        }
        let stat = self.lower.stat(&PathRef::parse(path)?, false)?;
        if stat.filetype == Filetype::SymbolicLink { Err(Errno::Noent) } else { Ok(stat) }
    }

    /// The contents of a file of the layer below.
    fn read_below(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let Opened::File(mut file) = self.lower.open(&PathRef::parse(path)?, OpenHow::read())? else {
            return Err(Errno::Isdir);
        };
        let (mut bytes, mut piece) = (Vec::new(), [0; 16 * 1024]);
        loop {
            match file.read_at(&mut piece, bytes.len() as u64)? {
                0 => return Ok(bytes),
                count => bytes.extend_from_slice(&piece[..count]),
            }
        }
    }

    fn stat(&self, path: &str) -> Result<Filestat, Errno> {
        self.upper.stat(&PathRef::parse(path)?, false).or_else(|_| self.below(path))
    }

    /// Makes the directories that `path` is in, in the layer above.
    fn copy_parents(&self, path: &str) -> Result<(), Errno> {
        for (end, _) in path.match_indices('/').filter(|(end, _)| *end > 1) {
            let parent = &path[..end];
            if self.stat(parent)?.filetype != Filetype::Directory {
                return Err(Errno::Notdir);
            }
            match self.upper.create_dir(&PathRef::parse(parent)?) {
                Ok(()) | Err(Errno::Exist) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Copies a file up, unless it is there already or nowhere.
    fn copy_up(&self, path: &str) -> Result<(), Errno> {
        self.copy_parents(path)?;
        let parsed = PathRef::parse(path)?;
        if self.upper.stat(&parsed, false).is_ok() || self.below(path).is_err() {
            return Ok(());
        }
        self.upper.add(path, self.read_below(path)?).map_err(|error| error.errno)
    }
}

impl Dir for Overlay {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.layers.stat(&self.prefix)
    }

    fn stat(&self, path: &PathRef<'_>, _follow: bool) -> Result<Filestat, Errno> {
        self.layers.stat(&self.full(path)?)
    }

    fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Opened, Errno> {
        let (full, layers) = (self.full(path)?, &self.layers);
        let changes = how.write || how.create || how.truncate;
        match layers.stat(&full) {
            Ok(stat) if stat.filetype == Filetype::Directory && changes => return Err(Errno::Isdir),
            Ok(stat) if stat.filetype == Filetype::Directory => {
                return Ok(Opened::dir(Overlay { layers: Arc::clone(layers), prefix: full }));
            }
            Ok(_) if how.create && how.exclusive => return Err(Errno::Exist),
            Err(Errno::Noent) if how.create => {}
            other => drop(other?),
        }
        let parsed = PathRef::parse(&full)?;
        if changes {
            layers.copy_up(&full)?;
            return layers.upper.open(&parsed, how);
        }
        match layers.upper.open(&parsed, how) {
            Err(Errno::Noent) => layers.lower.open(&parsed, how),
            other => other,
        }
    }

    fn list(&self, visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno> {
        let path = PathRef::parse(&self.prefix)?;
        let mut seen = BTreeSet::new();
        let layers: [(&dyn Dir, bool); 2] = [(&self.layers.upper, false), (&self.layers.lower, true)];
        for (layer, below) in layers {
            let mut how = OpenHow::read();
            how.directory = true;
            let Ok(Opened::Dir(dir)) = layer.open(&path, how) else { continue };
            dir.list(&mut |entry| {
                let gone = below && self.layers.below(&format!("{}/{}", self.prefix, entry.name)).is_err();
                if gone || !seen.insert(entry.name.to_owned()) { Ok(()) } else { visit(entry) }
            })?;
        }
        Ok(())
    }

    fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let full = self.full(path)?;
        if self.layers.stat(&full).is_ok() {
            return Err(Errno::Exist);
        }
        self.layers.copy_parents(&full)?;
        self.layers.upper.create_dir(&PathRef::parse(&full)?)
    }

    fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let full = self.full(path)?;
        if self.layers.stat(&full)?.filetype == Filetype::Directory {
            return Err(Errno::Isdir);
        }
        match self.layers.upper.unlink(&PathRef::parse(&full)?) {
            Ok(()) | Err(Errno::Noent) => self.layers.hide(full),
            Err(errno) => return Err(errno),
        }
        Ok(())
    }

    /// Programs that cannot rename across file systems copy instead, and so they do here.
    fn rename(&self, _: &PathRef<'_>, _: &dyn Dir, _: &PathRef<'_>) -> Result<(), Errno> {
        Err(Errno::Xdev)
    }
}

/// Appends `!` to `dir/note`, removes `gone` and finds it gone, and finds no `link`.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "dir/note")
  (data (i32.const 16) "gone")
  (data (i32.const 24) "link")
  (data (i32.const 32) "!")
  (data (i32.const 40) "\20\00\00\00\01\00\00\00") ;; an iovec: one byte at 32
  (func $must (param $is i32) (param $expected i32)
    (if (i32.ne (local.get $is) (local.get $expected)) (then unreachable)))
  (func (export "_start")
    ;; to be written, with `append`
    (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 0)
      (i64.const 64) (i64.const 0) (i32.const 1) (i32.const 64)) (i32.const 0))
    (call $must (call $fd_write (i32.load (i32.const 64)) (i32.const 40) (i32.const 1) (i32.const 68))
      (i32.const 0))
    (call $must (call $unlink (i32.const 3) (i32.const 16) (i32.const 4)) (i32.const 0))
    ;; 44 is `noent`
    (call $must (call $stat (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 128))
      (i32.const 44))
    (call $must (call $stat (i32.const 3) (i32.const 0) (i32.const 24) (i32.const 4) (i32.const 128))
      (i32.const 44))))"#;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let lower = |name: &str| dir.path().join(name);
    fs::create_dir(lower("dir"))?;
    for (name, text) in [("dir/note", "from below"), ("gone", "hidden soon"), ("kept", "as it is")] {
        fs::write(lower(name), text)?;
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("kept", lower("link"))?;
    #[cfg(windows)]
    std::os::windows::fs::symlink_file("kept", lower("link"))?;

    let upper = MemDir::new(MemLimits::default());
    let overlay = Overlay::new(HostDir::open(dir.path())?, upper.clone());
    let ctx = WasiCtx::builder().preopen(overlay, "/", Perms::read_write().no_follow()).build()?;
    assert_eq!(Host::new().run(&wat::parse_str(GUEST)?, ctx)?, Outcome::Exited(0));

    // All that the guest has written, and nothing that it has not.
    let written: Vec<_> = upper.files().collect();
    assert_eq!(written, [("dir/note".to_owned(), b"from below!".to_vec())]);
    assert_eq!(fs::read(lower("dir/note"))?, b"from below");
    assert_eq!(fs::read(lower("gone"))?, b"hidden soon");
    println!("the guest changed its copy, and nothing below");
    Ok(())
}

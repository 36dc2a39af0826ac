//! Directories in memory, their limits and their errors.

mod contents;
mod dir;
mod file;
mod files;
mod tree;
mod walk;

use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::{Component, PathRef};
use crate::vfs::{Dir, Opened};
pub use contents::Contents;
use file::Held;
use files::Files;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tree::{ROOT, Tree};

/// A directory in memory, bounded by [`MemLimits`].
///
/// It behaves like one of the host: files that are removed while they are open stay usable, symlinks are
/// followed but never out of the directory, renames replace what is there. Clones share one tree, so an
/// embedder that keeps one can look at what a guest leaves behind, and several guests can share it.
///
/// ```
/// use wasi_snapshot::{MemDir, MemLimits, Perms, WasiCtx};
///
/// let work = MemDir::new(MemLimits::default());
/// work.add("in/name", "world")?;
/// let ctx = WasiCtx::builder().preopen(work.clone(), "/work", Perms::read_write()).build()?;
/// // A guest runs here, and writes its answer.
/// # work.add("out", "hello, world")?;
/// # drop(ctx);
/// assert_eq!(work.read("out")?, b"hello, world");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MemDir(Held);

/// What a [`MemDir`] may hold. A guest that reaches a bound gets an errno and goes on; nothing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemLimits {
    /// Bytes of contents, holes included, of names and of symlinks' targets, with 128 bytes for each name and each file;
    /// more give `nospc`. The host may spend twice as many, since files grow by doubling.
    ///
    /// The default is 64 MiB, with which programs work that use a directory for scratch.
    pub max_bytes: usize,
    /// Files, directories and symlinks; more give `nospc`. Those without a name that are still open count too.
    ///
    /// The default is 65,536.
    pub max_entries: usize,
}

impl Default for MemLimits {
    fn default() -> Self {
        MemLimits { max_bytes: 64 << 20, max_entries: 1 << 16 }
    }
}

impl MemLimits {
    /// As many bytes as these.
    #[must_use]
    pub const fn max_bytes(self, max_bytes: usize) -> Self {
        MemLimits { max_bytes, ..self }
    }

    /// As many files, directories and symlinks as these.
    #[must_use]
    pub const fn max_entries(self, max_entries: usize) -> Self {
        MemLimits { max_entries, ..self }
    }
}

/// Why a file could not be put into a tree, or not be read from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the path {path:?} of a tree in memory")]
pub struct TreeError {
    /// The path.
    pub path: String,
    /// What a guest would have been told.
    #[source]
    pub errno: Errno,
}

/// What clones, open files and directories share.
#[derive(Debug)]
struct SharedTree(Mutex<Tree>);

impl SharedTree {
    /// No operation leaves a tree half changed, so a thread that panicked cannot have.
    fn lock(&self) -> MutexGuard<'_, Tree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemDir {
    /// An empty directory.
    #[must_use]
    pub fn new(limits: MemLimits) -> Self {
        let shared = Arc::new(SharedTree(Mutex::new(Tree::new(limits))));
        // The root has a name that nobody can take away, so it needs no other hold.
        MemDir(Held::adopt(&shared, ROOT))
    }

    /// A directory of these files that nobody can change: whoever tries gets `rofs`. Directories on the way
    /// to a file are made.
    ///
    /// ```
    /// use wasi_snapshot::{MemDir, Perms, WasiCtx};
    ///
    /// // `include_bytes!` is static, so nothing is copied.
    /// let assets = MemDir::read_only([("index.html", "<p>hello"), ("css/site.css", "p { color: red }")])?;
    /// let ctx = WasiCtx::builder().preopen(assets, "/assets", Perms::read_only()).build()?;
    /// # drop(ctx);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TreeError`] for the first path that cannot be used, or comes twice.
    pub fn read_only<P: AsRef<str>, C: Into<Contents>>(
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<Self, TreeError> {
        let dir = MemDir::new(MemLimits { max_bytes: usize::MAX, max_entries: usize::MAX });
        for (path, contents) in files {
            dir.add(path.as_ref(), contents)?;
        }
        dir.0.shared.lock().read_only = true;
        Ok(dir)
    }

    /// Adds a file. Directories on the way to it are made.
    ///
    /// # Errors
    ///
    /// [`TreeError`] with `exist` if there is something, or whatever a guest would get.
    pub fn add(&self, path: &str, contents: impl Into<Contents>) -> Result<(), TreeError> {
        let contents = contents.into();
        let failed = |errno| TreeError { path: path.to_owned(), errno };
        let add = || {
            let parsed = PathRef::parse(path)?;
            if parsed.must_be_dir() {
                return Err(Errno::Isdir);
            }
            self.make_parents(&parsed)?;
            self.add_file(&parsed, contents)
        };
        add().map_err(failed)
    }

    fn make_parents(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let mut parent = String::new();
        for component in path.components() {
            if !parent.is_empty() {
                match self.create_dir(&PathRef::parse(&parent)?) {
                    Ok(()) | Err(Errno::Exist) => parent.push('/'),
                    Err(errno) => return Err(errno),
                }
            }
            match component {
                Component::Name(name) => parent.push_str(name),
                Component::Parent => return Err(Errno::Inval),
            }
        }
        Ok(())
    }

    /// The contents of a file.
    ///
    /// # Errors
    ///
    /// [`TreeError`] with `noent` if there is none, or whatever a guest would get.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        let failed = |errno| TreeError { path: path.to_owned(), errno };
        let read = || {
            let mut how = OpenHow::read();
            how.follow = true;
            let Opened::File(mut file) = self.open(&PathRef::parse(path)?, how)? else {
                return Err(Errno::Isdir);
            };
            let len = usize::try_from(file.filestat()?.size).map_err(|_| Errno::Fbig)?;
            let mut bytes = vec![0; len];
            let count = if len == 0 { 0 } else { file.read_at(&mut bytes, 0)? };
            bytes.truncate(count);
            Ok(bytes)
        };
        read().map_err(failed)
    }

    /// The files below the directory, each with its path from here and its bytes. A file of two names comes twice;
    /// directories and symlinks do not come.
    ///
    /// The entries of a directory come in the order of their names' bytes, and what is in one comes where its name does.
    /// The names are those of the moment of the call; each file is read when its turn comes, and left out if it has no name
    /// any more and nobody has it open. Nothing is locked between two files, so the tree can be used meanwhile.
    ///
    /// ```
    /// use wasi_snapshot::{MemDir, MemLimits};
    ///
    /// let work = MemDir::new(MemLimits::default());
    /// for name in ["b", "a/y", "a/x"] {
    ///     work.add(name, name)?;
    /// }
    /// assert!(work.files().map(|(path, _)| path).eq(["a/x", "a/y", "b"]));
    /// // A copy that nobody can change.
    /// let kept = MemDir::read_only(work.files())?;
    /// assert_eq!(kept.read("a/y")?, b"a/y");
    /// # Ok::<(), wasi_snapshot::TreeError>(())
    /// ```
    pub fn files(&self) -> impl Iterator<Item = (String, Vec<u8>)> + use<> {
        Files::new(&self.0)
    }
}

impl Clone for MemDir {
    fn clone(&self) -> Self {
        MemDir(self.0.clone())
    }
}

impl fmt::Debug for MemDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemDir").field("root", &(self.0.id == ROOT)).finish_non_exhaustive()
    }
}

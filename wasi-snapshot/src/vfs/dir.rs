//! The trait for directories that are the embedder's own.

use super::as_any::AsAny;
use super::file::File;
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::PathRef;

/// A directory with everything below it.
///
/// The core checks paths, permissions, limits and pointers, keeps the descriptors, and snapshots listings;
/// what arrives here is a [`PathRef`] and may be acted on. Of what a directory must do, only four methods
/// have no default; all that change something give [`Errno::Rofs`] unless they are implemented, so a
/// read-only directory is short.
///
/// A path may contain `..`, and must not lead above the directory that it starts in: that is
/// [`Errno::Perm`]. Without symlinks, [`PathRef::components`] is all that is needed to resolve it.
///
/// ```
/// use wasi_snapshot::{
///     Component, Dir, DirEntry, Errno, File, Filestat, Filetype, OpenHow, Opened, PathRef, Perms, WasiCtx,
/// };
///
/// /// A directory with nothing in it.
/// struct Empty;
///
/// fn find(path: &PathRef<'_>) -> Result<(), Errno> {
///     match path.components().next() {
///         None => Ok(()),
///         Some(Component::Name(_)) => Err(Errno::Noent),
///         Some(Component::Parent) => Err(Errno::Perm),
///     }
/// }
///
/// impl Dir for Empty {
///     fn filestat(&self) -> Result<Filestat, Errno> {
///         Ok(Filestat::new(Filetype::Directory))
///     }
///
///     fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Opened, Errno> {
///         find(path)?;
///         if how.write || how.create { Err(Errno::Isdir) } else { Ok(Opened::dir(Empty)) }
///     }
///
///     fn stat(&self, path: &PathRef<'_>, _follow: bool) -> Result<Filestat, Errno> {
///         find(path)?;
///         self.filestat()
///     }
///
///     fn list(&self, _visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno> {
///         Ok(())
///     }
/// }
///
/// let ctx = WasiCtx::builder().preopen(Empty, "/nothing", Perms::read_only()).build()?;
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
pub trait Dir: AsAny + Send {
    /// The attributes of the directory itself.
    ///
    /// # Errors
    ///
    /// Any that the guest should get; so it is with all methods.
    fn filestat(&self) -> Result<Filestat, Errno>;

    /// Opens what `path` leads to.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing, and it is not to be created
    /// * `exist`: there is something, and [`OpenHow::exclusive`] is set
    /// * `isdir`: it is a directory, and to be written, truncated or created
    /// * `notdir`: it is none, and [`OpenHow::directory`] is set; or a step on the way is none
    /// * `loop`: it is a symlink that is not to be followed
    fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Opened, Errno>;

    /// The attributes of what `path` leads to; of a symlink itself, unless `follow` is set.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing
    fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno>;

    /// Calls `visit` for each entry but `.` and `..`, until there are no more or it fails.
    ///
    /// # Errors
    ///
    /// Those of `visit`, unchanged.
    fn list(&self, visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno>;

    /// Brings the entries of the directory itself to where they last. Unless it is implemented, there is nothing to do.
    ///
    /// # Errors
    ///
    /// * `io`: that failed
    fn sync(&self) -> Result<(), Errno> {
        Ok(())
    }

    /// The target of a symlink. It must be relative: an absolute one would tell about the host.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing
    /// * `inval`: it is no symlink, which is the case unless this is implemented
    fn read_link(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        self.stat(path, false)?;
        Err(Errno::Inval)
    }

    /// Sets the times of what `path` leads to; of a symlink itself, unless `follow` is set.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing
    fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        accessed: SetTime,
        modified: SetTime,
    ) -> Result<(), Errno> {
        let _ = (path, follow, accessed, modified);
        Err(Errno::Rofs)
    }

    /// Creates a directory.
    ///
    /// # Errors
    ///
    /// * `exist`: there is something
    /// * `noent`: the directory that it would be in is not there
    fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let _ = path;
        Err(Errno::Rofs)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing
    /// * `notdir`: it is something else, a symlink to a directory included
    /// * `notempty`: there is something in it
    fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let _ = path;
        Err(Errno::Rofs)
    }

    /// Removes a file or a symlink. A file that is open stays usable through its descriptors.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing
    /// * `isdir`: it is a directory
    fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let _ = path;
        Err(Errno::Rofs)
    }

    /// Creates a symlink. `target` is a relative path that need not lead anywhere.
    ///
    /// # Errors
    ///
    /// * `exist`: there is something at `path`
    fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        let _ = (target, path);
        Err(Errno::Rofs)
    }

    /// Renames `from`, below this directory, to `to` below `dir`, over what is there.
    ///
    /// `dir` is of the same type: the core gives `xdev` for others, so
    /// [`downcast_ref`](#method.downcast_ref) finds it. It may still belong to another tree.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing at `from`
    /// * `xdev`: `dir` belongs to another tree
    /// * `isdir`, `notdir`, `notempty`: the two do not fit
    /// * `inval`: a directory would become part of itself
    fn rename(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        let _ = (from, dir, to);
        Err(Errno::Rofs)
    }

    /// Gives the file at `from` a second name, `to` below `dir`, which is as with
    /// [`rename`](Self::rename). If it is a symlink, the symlink gets it.
    ///
    /// # Errors
    ///
    /// * `noent`: there is nothing at `from`
    /// * `perm`: it is a directory
    /// * `exist`: there is something at `to`
    /// * `xdev`: `dir` belongs to another tree
    fn link(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        let _ = (from, dir, to);
        Err(Errno::Rofs)
    }
}

impl dyn Dir {
    /// The directory as what it is, if it is a `D`.
    #[must_use]
    pub fn downcast_ref<D: Dir>(&self) -> Option<&D> {
        self.as_any().downcast_ref()
    }
}

/// What was opened.
#[non_exhaustive]
pub enum Opened {
    /// A directory.
    Dir(Box<dyn Dir>),
    /// Anything else.
    File(Box<dyn File>),
}

impl Opened {
    /// A directory.
    #[must_use]
    pub fn dir(dir: impl Dir) -> Self {
        Opened::Dir(Box::new(dir))
    }

    /// A file.
    #[must_use]
    pub fn file(file: impl File + 'static) -> Self {
        Opened::File(Box::new(file))
    }
}

/// An entry of a directory that is being listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirEntry<'a> {
    /// The name.
    pub name: &'a str,
    /// What its [`Filestat::ino`] is.
    pub ino: u64,
    /// The type, of a symlink itself; it may be [unknown](Filetype::Unknown).
    pub filetype: Filetype,
}

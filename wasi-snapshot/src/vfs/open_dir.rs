//! An open directory of any kind, in which symlinks are followed or not.

use super::handle::{DirHandle, Opening};
use super::no_follow;
use crate::abi::{Filestat, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::PathRef;

/// An open directory, with what becomes of symlinks in its paths.
pub(crate) struct OpenDir {
    dir: DirHandle,
    follows: bool,
}

/// The last step of a path, and the directory in which it is to be made.
///
/// Where symlinks are followed, the directory itself resolves the path, and the step is all of it.
pub(crate) struct LastStep<'a> {
    dir: &'a DirHandle,
    path: &'a PathRef<'a>,
    follows: bool,
}

impl LastStep<'_> {
    pub(crate) fn open(&self, how: OpenHow) -> Result<Opening, Errno> {
        if self.follows { self.dir.open(self.path, how) } else { no_follow::open(self.dir, self.path, how) }
    }

    fn stat(&self, follow: bool) -> Result<Filestat, Errno> {
        if self.follows {
            self.dir.stat(self.path, follow)
        } else {
            no_follow::stat(self.dir, self.path, follow)
        }
    }

    fn set_times(&self, follow: bool, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        if self.follows {
            self.dir.set_times(self.path, follow, atim, mtim)
        } else {
            no_follow::set_times(self.dir, self.path, follow, atim, mtim)
        }
    }
}

impl OpenDir {
    pub(crate) fn new(dir: DirHandle, follows: bool) -> Self {
        OpenDir { dir, follows }
    }

    /// The directory as such, for calls without a path.
    pub(crate) fn itself(&self) -> &DirHandle {
        &self.dir
    }

    /// Resolves all of `path` but its last step, and runs `act` on that.
    ///
    /// # Errors
    ///
    /// Those of [`no_follow::at`], and those of `act`.
    pub(crate) fn at<T>(
        &self,
        path: &PathRef<'_>,
        act: impl FnOnce(LastStep<'_>) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        if self.follows {
            return act(LastStep { dir: &self.dir, path, follows: true });
        }
        no_follow::at(&self.dir, path, |dir, path| act(LastStep { dir, path, follows: false }))
    }

    pub(crate) fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        self.at(path, |last| last.stat(follow))
    }

    pub(crate) fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        self.at(path, |last| last.set_times(follow, atim, mtim))
    }

    pub(crate) fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.at(path, |last| last.dir.create_dir(last.path))
    }

    pub(crate) fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.at(path, |last| last.dir.remove_dir(last.path))
    }

    pub(crate) fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.at(path, |last| last.dir.unlink(last.path))
    }

    pub(crate) fn rename(&self, from: &PathRef<'_>, dir: &Self, to: &PathRef<'_>) -> Result<(), Errno> {
        self.at(from, |from| dir.at(to, |to| from.dir.rename(from.path, to.dir, to.path)))
    }

    pub(crate) fn link(&self, from: &PathRef<'_>, dir: &Self, to: &PathRef<'_>) -> Result<(), Errno> {
        self.at(from, |from| dir.at(to, |to| from.dir.link(from.path, to.dir, to.path)))
    }

    pub(crate) fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        // What leads away from the tree must not even be made, wherever the tree is.
        if target.starts_with('/') {
            return Err(Errno::Perm);
        }
        self.at(path, |last| last.dir.symlink(target, last.path))
    }

    /// The target of a symlink. Absolute ones, which only the host can have made, are not revealed.
    pub(crate) fn readlink(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        self.at(path, |last| last.dir.readlink(last.path))
    }
}

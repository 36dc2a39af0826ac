//! The handle of an open directory: the host's, the embedder's, or either without following symlinks.

use super::dir::{Dir, DirEntry, OpenHow, Opened};
use super::no_follow::NoFollow;
use super::opened::OpenFile;
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::path::PathRef;
use crate::sys::dir::{self as host, HostOpened};
use crate::sys::file::HostFile;
use std::any::Any;

/// Calls on the host's directories are static, as those on its files are.
pub(crate) enum DirHandle {
    Host(host::Dir),
    Other(Box<dyn Dir>),
    /// One of both, without following symlinks.
    NoFollow(NoFollow),
}

/// What opening a path gave.
pub(crate) enum Found {
    Dir(DirHandle),
    Host(HostFile),
    File(OpenFile),
}

impl DirHandle {
    /// The same directory, in which no symlink is followed.
    pub(crate) fn without_following(self) -> Self {
        match self {
            DirHandle::NoFollow(_) => self,
            dir => DirHandle::NoFollow(NoFollow::new(dir)),
        }
    }

    /// Opens the directory `name` in this one, to go on from there. It need not be readable, where the kind
    /// of directory knows the difference.
    pub(super) fn enter(&self, name: &PathRef<'_>) -> Result<Self, Errno> {
        if let DirHandle::Host(dir) = self {
            return dir.enter(name).map(DirHandle::Host);
        }
        let mut how = OpenHow::read();
        how.directory = true;
        match self.open(name, how)? {
            Found::Dir(dir) => Ok(dir),
            Found::Host(_) | Found::File(_) => Err(Errno::Notdir),
        }
    }

    /// Makes sure that names can be looked up in the directory, where the kind of directory knows the difference.
    pub(super) fn search(&self) -> Result<(), Errno> {
        if let DirHandle::Host(dir) = self { dir.search() } else { Ok(()) }
    }

    pub(crate) fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Found, Errno> {
        Ok(match self {
            DirHandle::Host(dir) => match dir.open(path, how)? {
                HostOpened::Dir(dir) => Found::Dir(DirHandle::Host(dir)),
                HostOpened::File(file) => Found::Host(file),
            },
            DirHandle::Other(dir) => match dir.open(path, how)? {
                Opened::Dir(dir) => Found::Dir(DirHandle::Other(dir)),
                Opened::File(file) => Found::File(OpenFile::new(file, how.flags)?),
            },
            DirHandle::NoFollow(dir) => dir.open(path, how)?,
        })
    }

    pub(crate) fn filestat(&self) -> Result<Filestat, Errno> {
        match self {
            DirHandle::Host(dir) => dir.filestat(),
            DirHandle::Other(dir) => dir.filestat(),
            DirHandle::NoFollow(dir) => dir.itself().filestat(),
        }
    }

    /// Brings the directory's entries to where they last.
    pub(crate) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.sync(data_only),
            DirHandle::Other(dir) => dir.sync(),
            DirHandle::NoFollow(dir) => dir.itself().sync(data_only),
        }
    }

    pub(crate) fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        match self {
            DirHandle::Host(dir) => dir.stat(path, follow),
            DirHandle::Other(dir) => dir.stat(path, follow),
            DirHandle::NoFollow(dir) => dir.stat(path, follow),
        }
    }

    /// Sets the times of the directory itself.
    pub(crate) fn set_own_times(&self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.set_own_times(atim, mtim),
            DirHandle::Other(dir) => dir.set_times(&PathRef::parse(".")?, true, atim, mtim),
            DirHandle::NoFollow(dir) => dir.itself().set_own_times(atim, mtim),
        }
    }

    pub(crate) fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.set_times(path, follow, atim, mtim),
            DirHandle::Other(dir) => dir.set_times(path, follow, atim, mtim),
            DirHandle::NoFollow(dir) => dir.set_times(path, follow, atim, mtim),
        }
    }

    pub(crate) fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.create_dir(path),
            DirHandle::Other(dir) => dir.create_dir(path),
            DirHandle::NoFollow(dir) => dir.at(path, DirHandle::create_dir),
        }
    }

    pub(crate) fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.remove_dir(path),
            DirHandle::Other(dir) => dir.remove_dir(path),
            DirHandle::NoFollow(dir) => dir.at(path, DirHandle::remove_dir),
        }
    }

    pub(crate) fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.unlink(path),
            DirHandle::Other(dir) => dir.unlink(path),
            DirHandle::NoFollow(dir) => dir.at(path, DirHandle::unlink),
        }
    }

    pub(crate) fn rename(&self, from: &PathRef<'_>, dir: &Self, to: &PathRef<'_>) -> Result<(), Errno> {
        match (self, dir) {
            (DirHandle::Host(old), DirHandle::Host(new)) => old.rename(from, new, to),
            (DirHandle::Other(old), DirHandle::Other(new)) => {
                old.rename(from, of_one_kind(&**old, &**new)?, to)
            }
            (DirHandle::NoFollow(old), DirHandle::NoFollow(new)) => {
                old.at(from, |old, from| new.at(to, |new, to| old.rename(from, new, to)))
            }
            _ => Err(Errno::Xdev),
        }
    }

    pub(crate) fn link(&self, from: &PathRef<'_>, dir: &Self, to: &PathRef<'_>) -> Result<(), Errno> {
        match (self, dir) {
            (DirHandle::Host(old), DirHandle::Host(new)) => old.link(from, new, to),
            (DirHandle::Other(old), DirHandle::Other(new)) => {
                old.link(from, of_one_kind(&**old, &**new)?, to)
            }
            (DirHandle::NoFollow(old), DirHandle::NoFollow(new)) => {
                old.at(from, |old, from| new.at(to, |new, to| old.link(from, new, to)))
            }
            _ => Err(Errno::Xdev),
        }
    }

    pub(crate) fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        // What leads away from the tree must not even be made, wherever the tree is.
        if target.starts_with('/') {
            return Err(Errno::Perm);
        }
        match self {
            DirHandle::Host(dir) => dir.symlink(target, path),
            DirHandle::Other(dir) => dir.symlink(target, path),
            DirHandle::NoFollow(dir) => dir.at(path, |dir, last| dir.symlink(target, last)),
        }
    }

    /// The target of a symlink. Absolute ones, which only the host can have made, are not revealed.
    pub(crate) fn readlink(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        match self {
            DirHandle::Host(dir) => dir.readlink(path),
            DirHandle::Other(dir) => {
                dir.read_link(path).and_then(|to| if to.starts_with('/') { Err(Errno::Perm) } else { Ok(to) })
            }
            DirHandle::NoFollow(dir) => dir.at(path, DirHandle::readlink),
        }
    }

    /// Calls `visit` with name, inode number and type of each entry but `.` and `..`, until it fails.
    pub(crate) fn list(
        &self,
        mut visit: impl FnMut(&[u8], u64, Filetype) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.list(visit),
            DirHandle::Other(dir) => {
                dir.list(&mut |DirEntry { name, ino, filetype }| visit(name.as_bytes(), ino, filetype))
            }
            DirHandle::NoFollow(dir) => dir.itself().list(visit),
        }
    }
}

/// Gives `new` if both are of one type, so that implementations need not think about others.
///
/// # Errors
///
/// `xdev` if they are not.
fn of_one_kind<'a>(old: &dyn Dir, new: &'a dyn Dir) -> Result<&'a dyn Dir, Errno> {
    let (old, as_any): (&dyn Any, &dyn Any) = (old, new);
    if old.type_id() == as_any.type_id() { Ok(new) } else { Err(Errno::Xdev) }
}

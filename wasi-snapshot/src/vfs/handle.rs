//! The handle of an open directory: the host's, or the embedder's own.

use super::dir::{Dir, DirEntry, Opened};
use super::host_dir::HostDir;
use super::open_file::OpenFile;
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::PathRef;
use crate::sys::dir as host;
use crate::sys::found::Found;

/// Calls on the host's directories are static, as those on its files are.
pub(crate) enum DirHandle {
    Host(host::Dir),
    Own(Box<dyn Dir>),
}

/// What opening a path in a directory gives.
pub(crate) type Opening = Found<DirHandle, OpenFile>;

impl DirHandle {
    /// A directory that the embedder gave, or opened for the guest. One of the host's is served as such.
    pub(crate) fn given(dir: Box<dyn Dir>) -> Self {
        match dir.downcast_ref() {
            Some(HostDir(dir)) => DirHandle::Host(dir.clone()),
            None => DirHandle::Own(dir),
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
            Found::File(_) => Err(Errno::Notdir),
        }
    }

    /// Makes sure that names can be looked up in the directory, where the kind of directory knows the difference.
    pub(super) fn search(&self) -> Result<(), Errno> {
        if let DirHandle::Host(dir) = self { dir.search() } else { Ok(()) }
    }

    pub(super) fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Opening, Errno> {
        Ok(match self {
            DirHandle::Host(dir) => match dir.open(path, how)? {
                Found::Dir(dir) => Found::Dir(DirHandle::Host(dir)),
                Found::File(file) => Found::File(OpenFile::Host(file)),
            },
            DirHandle::Own(dir) => match dir.open(path, how)? {
                Opened::Dir(dir) => Found::Dir(DirHandle::given(dir)),
                Opened::File(file) => Found::File(OpenFile::given(file, how.flags)?),
            },
        })
    }

    pub(crate) fn filestat(&self) -> Result<Filestat, Errno> {
        match self {
            DirHandle::Host(dir) => dir.filestat(),
            DirHandle::Own(dir) => dir.filestat(),
        }
    }

    /// Brings the directory's entries to where they last.
    pub(crate) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.sync(data_only),
            DirHandle::Own(dir) => dir.sync(),
        }
    }

    pub(super) fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        match self {
            DirHandle::Host(dir) => dir.stat(path, follow),
            DirHandle::Own(dir) => dir.stat(path, follow),
        }
    }

    /// Sets the times of the directory itself.
    pub(crate) fn set_own_times(&self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.set_own_times(atim, mtim),
            DirHandle::Own(dir) => dir.set_times(&PathRef::parse(".")?, true, atim, mtim),
        }
    }

    pub(super) fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.set_times(path, follow, atim, mtim),
            DirHandle::Own(dir) => dir.set_times(path, follow, atim, mtim),
        }
    }

    pub(super) fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.create_dir(path),
            DirHandle::Own(dir) => dir.create_dir(path),
        }
    }

    pub(super) fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.remove_dir(path),
            DirHandle::Own(dir) => dir.remove_dir(path),
        }
    }

    pub(super) fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.unlink(path),
            DirHandle::Own(dir) => dir.unlink(path),
        }
    }

    pub(super) fn rename(&self, from: &PathRef<'_>, dir: &Self, to: &PathRef<'_>) -> Result<(), Errno> {
        match (self, dir) {
            (DirHandle::Host(old), DirHandle::Host(new)) => old.rename(from, new, to),
            (DirHandle::Own(old), DirHandle::Own(new)) => old.rename(from, of_one_kind(&**old, &**new)?, to),
            _ => Err(Errno::Xdev),
        }
    }

    pub(super) fn link(&self, from: &PathRef<'_>, dir: &Self, to: &PathRef<'_>) -> Result<(), Errno> {
        match (self, dir) {
            (DirHandle::Host(old), DirHandle::Host(new)) => old.link(from, new, to),
            (DirHandle::Own(old), DirHandle::Own(new)) => old.link(from, of_one_kind(&**old, &**new)?, to),
            _ => Err(Errno::Xdev),
        }
    }

    pub(super) fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.symlink(target, path),
            DirHandle::Own(dir) => dir.symlink(target, path),
        }
    }

    /// The target of a symlink. Absolute ones, which only the host can have made, are not revealed.
    pub(super) fn readlink(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        match self {
            DirHandle::Host(dir) => dir.readlink(path),
            DirHandle::Own(dir) => {
                dir.read_link(path).and_then(|to| if to.starts_with('/') { Err(Errno::Perm) } else { Ok(to) })
            }
        }
    }

    /// Calls `visit` with name, inode number and type of each entry but `.` and `..`, until it fails.
    pub(crate) fn list(
        &self,
        mut visit: impl FnMut(&[u8], u64, Filetype) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        match self {
            DirHandle::Host(dir) => dir.list(visit),
            DirHandle::Own(dir) => {
                dir.list(&mut |DirEntry { name, ino, filetype }| visit(name.as_bytes(), ino, filetype))
            }
        }
    }
}

/// Gives `new` if both are of one type, so that implementations need not think about others.
///
/// # Errors
///
/// `xdev` if they are not.
fn of_one_kind<'a>(old: &dyn Dir, new: &'a dyn Dir) -> Result<&'a dyn Dir, Errno> {
    if old.as_any().type_id() == new.as_any().type_id() { Ok(new) } else { Err(Errno::Xdev) }
}

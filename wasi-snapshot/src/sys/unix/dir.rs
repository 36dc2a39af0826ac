//! Directories of the host and the sandbox over them, by cap-std.
//!
//! Every path that arrives here is relative and has no trailing slash (see [`PathRef`]); cap-std makes
//! sure that resolving it does not leave the directory, whatever symlinks and renames do meanwhile.

use super::beyond::{self, NAMES_ALL, naming, set_named_times};
use super::file::HostFile;
use super::rlimits::{spare, spared};
use super::times::{self, filetype, timestamps};
use crate::abi::{Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::{Last, PathRef};
use crate::sys::found::Found;
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

/// An open directory, out of which no path leads. Clones share the handle.
#[derive(Clone, Debug)]
pub(crate) struct Dir(Arc<cap_std::fs::Dir>);

impl Dir {
    /// Opens a directory of the host, with the host's ambient authority: for builders only.
    pub(crate) fn open_ambient(path: &Path) -> io::Result<Self> {
        cap_std::fs::Dir::open_ambient_dir(path, ambient_authority()).map(Dir::new)
    }

    /// Takes an open handle.
    ///
    /// # Errors
    ///
    /// `NotADirectory` if it is the handle of something else, and whatever the system says.
    pub(crate) fn from_handle(handle: fs::File) -> io::Result<Self> {
        if !handle.metadata()?.is_dir() {
            return Err(rustix::io::Errno::NOTDIR.into());
        }
        Ok(Dir::of_file(handle))
    }

    fn new(dir: cap_std::fs::Dir) -> Self {
        Dir(Arc::new(dir))
    }

    fn of_file(file: fs::File) -> Self {
        Dir::new(cap_std::fs::Dir::from_std_file(file))
    }

    /// Opens `path`, and finds out what it is. To create is to write, even if the guest does not: so a file that is there
    /// may not be opened, and no directory is.
    pub(crate) fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Found<Dir, HostFile>, Errno> {
        let write = how.write || how.truncate || how.create;
        let file = match self.open_as(path, how, write) {
            // Where the system cannot resolve a path in one call, the sandbox opens a symlink itself as the directory that
            // it leads to, unless it is told of the wish by a call of its own.
            Err(Errno::Notdir) if how.directory && how.follow => {
                let dir = spared(self.0.open_dir(path.as_str())?.into_std_file())?;
                // Nobody writes to a directory.
                if write {
                    return Err(Errno::Isdir);
                }
                dir
            }
            // There it also creates what a symlink with a slash at its end leads to as a directory, which is no flag that
            // the system takes; Linux refuses it since 6.3.
            Err(Errno::Inval) if how.create && how.follow && self.is_link(path) => {
                return match self.0.open_dir(path.as_str()).map_err(Errno::from) {
                    Ok(_) | Err(Errno::Noent) => Err(Errno::Isdir),
                    Err(other) => Err(other),
                };
            }
            other => other?,
        };
        if how.directory {
            return Ok(Found::Dir(Dir::of_file(file)));
        }
        match FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) {
            FileType::Directory => Ok(Found::Dir(Dir::of_file(file))),
            other => {
                Ok(Found::File(HostFile::new(file, filetype(other), how.flags.contains(Fdflags::APPEND))))
            }
        }
    }

    /// Opens the directory `name` of this one, for looking up only, and not through a symlink.
    pub(crate) fn enter(&self, name: &PathRef<'_>) -> Result<Self, Errno> {
        Ok(Dir::new(spared(self.0.open_dir_nofollow(name.as_str())?)?))
    }

    /// Makes sure that names can be looked up in the directory.
    pub(crate) fn search(&self) -> Result<(), Errno> {
        rustix::fs::statat(&self.0, c".", AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(())
    }

    fn open_as(&self, path: &PathRef<'_>, how: OpenHow, write: bool) -> Result<fs::File, Errno> {
        // A FIFO must not hold the thread until its other end is opened, and a terminal must not become
        // the host's controlling one.
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::DIRECTORY, how.directory);
        flags.set(OFlags::APPEND, how.flags.contains(Fdflags::APPEND));
        flags.set(OFlags::DSYNC, how.flags.intersects(Fdflags::DSYNC | Fdflags::RSYNC));
        flags.set(OFlags::SYNC, how.flags.contains(Fdflags::SYNC));
        let mut options = OpenOptions::new();
        options
            .read(how.read || !write)
            .write(write)
            .create(how.create)
            .create_new(how.create && how.exclusive)
            .truncate(how.truncate)
            .follow(follow(how.follow))
            .custom_flags(in_c(flags));
        if how.create || how.truncate {
            spare(&self.0)?;
        }
        spared(self.0.open_with(path.as_str(), &options)?.into_std())
    }

    /// The attributes of the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(times::filestat(&rustix::fs::fstat(&self.0)?))
    }

    /// Brings the directory's entries, and unless `data_only` its attributes, to the disk.
    pub(crate) fn sync(&self, data_only: bool) -> Result<(), Errno> {
        Ok(beyond::sync(&fs::File::from(self.reopen()?), data_only)?)
    }

    /// The directory once more. The handle that a guest holds may be for looking up only, and its cursor is not ours to
    /// move.
    fn reopen(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        spared(rustix::fs::openat(&self.0, c".", flags, Mode::empty())?)
    }

    /// The attributes of `path`, or with `follow` of what it leads to.
    pub(crate) fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        let (parent, name) = self.parent(path)?;
        let parent = parent.as_ref().unwrap_or(&self.0);
        let found = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if follow && FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
            return Ok(target_filestat(&self.0.metadata(path.as_str())?));
        }
        Ok(times::filestat(&found))
    }

    fn is_link(&self, path: &PathRef<'_>) -> bool {
        self.stat(path, false).is_ok_and(|found| found.filetype == Filetype::SymbolicLink)
    }

    /// Sets the times of the directory itself. A preopen's handle is for looking up only, so the system
    /// wants a path.
    pub(crate) fn set_own_times(&self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        Ok(rustix::fs::utimensat(&self.0, c".", &timestamps(atim, mtim), AtFlags::empty())?)
    }

    /// Sets the times of `path`, or with `follow` of what it leads to.
    ///
    /// cap-std would open the file for writing, which waits forever on a FIFO without a reader; a handle
    /// that only names the file does not.
    pub(crate) fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let times = timestamps(atim, mtim);
        // Where a handle cannot name every file, only what a symlink leads to is opened.
        let by_name = || Ok::<_, Errno>(self.stat(path, false)?.filetype != Filetype::SymbolicLink);
        if !follow || !NAMES_ALL && by_name()? {
            let (parent, name) = self.parent(path)?;
            let parent = parent.as_ref().unwrap_or(&self.0);
            if (atim, mtim) == (SetTime::Keep, SetTime::Keep) {
                // With nothing to set, Linux does not look whether there is something.
                rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
                return Ok(());
            }
            return Ok(rustix::fs::utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW)?);
        }
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(in_c(naming()));
        let file = self.0.open_with(path.as_str(), &options)?;
        set_named_times(file.as_fd(), &times)
    }

    /// Opens the directory that the last component of `path` is in, unless it is this one. A single
    /// component that is not followed leads nowhere else, so it needs no resolving.
    fn parent<'p>(&self, path: &PathRef<'p>) -> Result<(Option<cap_std::fs::Dir>, &'p str), Errno> {
        match (path.last(), path.as_str().rsplit_once('/')) {
            (Last::Name, Some((parent, name))) => {
                Ok((Some(spared(self.0.open_dir(without_end(parent))?)?), name))
            }
            (Last::Name, None) => Ok((None, path.as_str())),
            // What ends in a dot is a directory and no link: it can be its own parent.
            _ => Ok((Some(spared(self.0.open_dir(path.as_str())?)?), ".")),
        }
    }

    pub(crate) fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        Ok(self.0.create_dir(path.as_str())?)
    }

    pub(crate) fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        Ok(self.0.remove_dir(path.as_str())?)
    }

    pub(crate) fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        match self.0.remove_file(path.as_str()).map_err(Errno::from) {
            // POSIX's word for a directory, which macOS says; Linux has another.
            Err(Errno::Perm) if self.stat(path, false)?.filetype == Filetype::Directory => Err(Errno::Isdir),
            other => other,
        }
    }

    pub(crate) fn rename(&self, from: &PathRef<'_>, dir: &Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        Ok(self.0.rename(from.as_str(), &dir.0, to.as_str())?)
    }

    /// Links `from`, and if it is a symlink then the symlink itself, as `to`.
    pub(crate) fn link(&self, from: &PathRef<'_>, dir: &Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        Ok(self.0.hard_link(from.as_str(), &dir.0, to.as_str())?)
    }

    /// Makes `path` a symlink with this `target`. Absolute targets are refused.
    pub(crate) fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        Ok(DirExt::symlink(&*self.0, target, path.as_str())?)
    }

    /// The target of a symlink. Absolute ones, which only the host can have made, are not revealed.
    pub(crate) fn readlink(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        let target = self.0.read_link(path.as_str())?;
        target.into_os_string().into_string().map_err(|_| Errno::Ilseq)
    }

    /// Calls `visit` with name, inode number and type of each entry but `.` and `..`, in the host's order,
    /// until it fails.
    pub(crate) fn list(
        &self,
        mut visit: impl FnMut(&[u8], u64, Filetype) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        for entry in rustix::fs::Dir::new(self.reopen()?)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not tell in the listing; an entry that has vanished since stays
                // unknown.
                FileType::Unknown => rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
                known => known,
            };
            visit(name.to_bytes(), entry.ino(), filetype(kind))?;
        }
        Ok(())
    }
}

/// A parent without the slashes and dots at its end, which a doubled slash or `a/./b` leaves behind: none may reach the
/// sandbox (GHSA-vqjp-4c8c-hfgg).
fn without_end(mut parent: &str) -> &str {
    loop {
        let shorter = parent.trim_end_matches('/');
        let shorter = shorter.strip_suffix("/.").unwrap_or(shorter);
        if shorter.len() == parent.len() {
            return parent;
        }
        parent = shorter;
    }
}

/// The attributes of what a symlink leads to.
fn target_filestat(found: &cap_std::fs::Metadata) -> Filestat {
    Filestat {
        dev: found.dev(),
        ino: found.ino(),
        filetype: times::filetype_of_mode(found.mode()),
        nlink: found.nlink(),
        size: found.size(),
        atim: times::timestamp(found.atime(), found.atime_nsec()),
        mtim: times::timestamp(found.mtime(), found.mtime_nsec()),
        ctim: times::timestamp(found.ctime(), found.ctime_nsec()),
    }
}

fn follow(follow: bool) -> FollowSymlinks {
    if follow { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

/// Flags as C has them, and so the standard library.
fn in_c(flags: OFlags) -> i32 {
    i32::from_ne_bytes(flags.bits().to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::without_end;

    #[test]
    fn parents_end_in_a_name() {
        for parent in ["a", "a/", "a/.", "a/./", "a//./.", "a/././/"] {
            assert_eq!(without_end(parent), "a", "{parent}");
        }
        for parent in [".", "..", "a/..", "a/.b", "a./b", "a/..."] {
            assert_eq!(without_end(parent), parent);
        }
    }
}

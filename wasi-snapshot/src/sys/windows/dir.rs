//! Directories of the host and the sandbox over them, by cap-std.
//!
//! Every path that arrives here is relative and has no trailing slash (see [`PathRef`]); cap-std makes sure that resolving
//! it does not leave the directory. On Windows that rests on directories that are open being neither renamed nor removed by
//! anybody, since cap-std joins paths for most of its calls; and names that mean something else than a name are refused
//! before it sees them.

use super::file::HostFile;
use super::{calls, entries, times};
use crate::abi::{Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::{Last, PathRef};
use crate::sys::found::Found;
use crate::sys::names::{self, Purpose};
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{OpenOptions, OpenOptionsExt};
use std::fs;
use std::io;
use std::os::windows::io::AsHandle;
use std::path::Path;
use std::sync::Arc;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAG_WRITE_THROUGH, FILE_GENERIC_READ,
    FILE_GENERIC_WRITE, FILE_WRITE_ATTRIBUTES,
};

/// An open directory, out of which no path leads. Clones share the handle.
#[derive(Clone, Debug)]
pub(crate) struct Dir(Arc<cap_std::fs::Dir>);

impl Dir {
    /// Opens a directory of the host, with the host's ambient authority: for builders only.
    pub(crate) fn open_ambient(path: &Path) -> io::Result<Self> {
        Dir::given(cap_std::fs::Dir::open_ambient_dir(path, ambient_authority())?)
    }

    /// Takes an open handle.
    ///
    /// # Errors
    ///
    /// `NotADirectory` if it is the handle of something else, and whatever the system says.
    pub(crate) fn from_handle(handle: fs::File) -> io::Result<Self> {
        if !handle.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Dir::given(cap_std::fs::Dir::from_std_file(handle))
    }

    /// A directory of the embedder's, by a handle of our own, with which nobody can rename it: the embedder's may let others.
    /// Of one without a drive letter, cap-std would take the path for one that starts in the current directory of the
    /// process, for all calls but opening (`get_path` of cap-primitives 4.0).
    fn given(dir: cap_std::fs::Dir) -> io::Result<Self> {
        if !calls::has_drive(dir.as_handle())? {
            let message =
                "a directory on a share, or on a volume without a drive letter, cannot be given to a guest";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message));
        }
        let kept = dir.open_dir(".")?;
        let number =
            |dir: &cap_std::fs::Dir| times::filestat(dir.as_handle()).map(|stat| (stat.dev, stat.ino));
        if number(&dir) != number(&kept) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the directory is not where its path says"));
        }
        Ok(Dir::new(kept))
    }

    fn new(dir: cap_std::fs::Dir) -> Self {
        Dir(Arc::new(dir))
    }

    /// Makes sure that `path` has nothing but names, and that what it goes up from is a directory: the system leaves out
    /// `a/..` without a look.
    fn check(&self, path: &PathRef<'_>, purpose: Purpose) -> Result<(), Errno> {
        let path = path.as_str();
        names::check(path, purpose)?;
        for (end, _) in path.match_indices("/..") {
            let (Some(from), Some(up)) = (path.get(..end), path.get(end + 3..)) else { continue };
            let is_parent = up.is_empty() || up.starts_with('/');
            if is_parent && !self.0.metadata(from.trim_end_matches('/'))?.is_dir() {
                return Err(Errno::Notdir);
            }
        }
        Ok(())
    }

    /// Opens `path`, and finds out what it is. To create is to write, even if the guest does not: so a file that is there
    /// may not be opened, and no directory is.
    pub(crate) fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Found<Dir, HostFile>, Errno> {
        self.check(path, if how.create { Purpose::New } else { Purpose::Existing })?;
        let write = how.write || how.truncate || how.create;
        if !how.directory {
            match self.open_file(path, how, write) {
                Ok(file) => return Ok(Found::File(file)),
                // That is what the system says of a directory that is opened as a file.
                Err(Errno::Acces) => {}
                Err(errno) => return Err(errno),
            }
        }
        let dir = match how.follow {
            true => self.0.open_dir(path.as_str()),
            false => self.0.open_dir_nofollow(path.as_str()),
        };
        match dir.map_err(Errno::from) {
            // Nobody writes to a directory.
            Ok(_) if write => Err(Errno::Isdir),
            Ok(dir) => Ok(Found::Dir(Dir::new(dir))),
            Err(Errno::Notdir) if !how.directory => Err(Errno::Acces),
            Err(errno) => Err(errno),
        }
    }

    fn open_file(&self, path: &PathRef<'_>, how: OpenHow, write: bool) -> Result<HostFile, Errno> {
        let synced = how.flags.intersects(Fdflags::DSYNC | Fdflags::RSYNC | Fdflags::SYNC);
        let mut options = OpenOptions::new();
        options
            .read(how.read || !write)
            .write(write)
            .create(how.create)
            .create_new(how.create && how.exclusive)
            .truncate(how.truncate)
            .follow(follow(how.follow))
            .custom_flags(if synced { FILE_FLAG_WRITE_THROUGH } else { 0 });
        let mut access = 0;
        access |= if how.read || !write { FILE_GENERIC_READ } else { 0 };
        access |= if write { FILE_GENERIC_WRITE } else { 0 };
        // Whoever may open a file for reading may set its times, as owners may on Unix; if the system lets us.
        let mut timed = options.clone();
        timed.access_mode(access | FILE_WRITE_ATTRIBUTES);
        let file = match self.0.open_with(path.as_str(), &timed).map_err(Errno::from) {
            Err(Errno::Acces) if !write => self.0.open_with(path.as_str(), &options)?,
            other => other?,
        };
        Ok(HostFile::new(file.into_std(), how.flags.contains(Fdflags::APPEND)))
    }

    /// Opens the directory `name` of this one, and not through a symlink.
    pub(crate) fn enter(&self, name: &PathRef<'_>) -> Result<Self, Errno> {
        self.check(name, Purpose::Existing)?;
        Ok(Dir::new(self.0.open_dir_nofollow(name.as_str())?))
    }

    /// Names can be looked up in every directory that is open.
    pub(crate) fn search(&self) -> Result<(), Errno> {
        Ok(())
    }

    /// The attributes of the directory itself.
    pub(crate) fn filestat(&self) -> Result<Filestat, Errno> {
        times::filestat(self.0.as_handle())
    }

    /// The system brings a directory to the disk by itself.
    pub(crate) fn sync(&self, _: bool) -> Result<(), Errno> {
        Ok(())
    }

    /// Opens what `path` names, or with `follow` leads to, whatever it is, with as little access as that.
    fn named(&self, path: &PathRef<'_>, follows: bool, access: u32) -> Result<fs::File, Errno> {
        self.check(path, Purpose::Existing)?;
        let itself = if follows { 0 } else { FILE_FLAG_OPEN_REPARSE_POINT };
        let mut options = OpenOptions::new();
        options
            .read(true)
            .access_mode(access)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | itself)
            .follow(follow(follows));
        Ok(self.0.open_with(path.as_str(), &options)?.into_std())
    }

    /// The attributes of `path`, or with `follow` of what it leads to.
    pub(crate) fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        times::filestat(self.named(path, follow, 0)?.as_handle())
    }

    /// Sets the times of the directory itself.
    pub(crate) fn set_own_times(&self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        self.set_times(&PathRef::parse(".")?, true, atim, mtim)
    }

    /// Sets the times of `path`, or with `follow` of what it leads to.
    pub(crate) fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        atim: SetTime,
        mtim: SetTime,
    ) -> Result<(), Errno> {
        let file = self.named(path, follow, FILE_WRITE_ATTRIBUTES)?;
        Ok(file.set_times(times::file_times(atim, mtim))?)
    }

    pub(crate) fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.check(path, Purpose::New)?;
        Ok(self.0.create_dir(path.as_str())?)
    }

    pub(crate) fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.check(path, Purpose::Existing)?;
        // A symlink to a directory could be removed so.
        if self.stat(path, false)?.filetype != Filetype::Directory {
            return Err(Errno::Notdir);
        }
        Ok(self.0.remove_dir(path.as_str())?)
    }

    pub(crate) fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.check(path, Purpose::Existing)?;
        match DirExt::remove_file_or_symlink(&*self.0, path.as_str()).map_err(Errno::from) {
            Err(Errno::Acces) if self.is_dir(path) => Err(Errno::Isdir),
            other => other,
        }
    }

    fn is_dir(&self, path: &PathRef<'_>) -> bool {
        self.stat(path, false).is_ok_and(|stat| stat.filetype == Filetype::Directory)
    }

    pub(crate) fn rename(&self, from: &PathRef<'_>, dir: &Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        self.check(from, Purpose::Existing)?;
        dir.check(to, Purpose::New)?;
        let old = self.stat(from, false)?;
        let mut replaces = false;
        // The system says `access denied` where these do not fit.
        if let Ok(new) = dir.stat(to, false) {
            let is_same = (old.dev, old.ino) == (new.dev, new.ino);
            if is_same && old.ino != 0 && old.nlink > 1 {
                // Two names of one file stay, in POSIX.
                return Ok(());
            }
            let is_dir = |stat: &Filestat| stat.filetype == Filetype::Directory;
            let name = |path: &PathRef<'_>| path.as_str().rsplit('/').next().map(str::to_owned);
            match (is_dir(&old), is_dir(&new)) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if is_same && old.ino != 0 && name(from) == name(to) => return Ok(()),
                // Another case of its name, or a file system that tells none from another, whose directories all stay.
                (true, true) if is_same => {}
                (true, true) => replaces = true,
                (false, false) => {}
            }
        }
        let rename = || Ok(self.0.rename(from.as_str(), &dir.0, to.as_str())?);
        match rename() {
            Err(_) if old.filetype == Filetype::Directory && dir.leads_through(to, &old) => Err(Errno::Inval),
            // Before Windows 10 1607, and on FAT, no call renames over a directory. One that is not empty stays, with the
            // errno that POSIX has.
            Err(_) if replaces => {
                dir.0.remove_dir(to.as_str())?;
                rename().inspect_err(|_| drop(dir.0.create_dir(to.as_str())))
            }
            other => other,
        }
    }

    /// Does `path` go through this other directory, on its way to its last name?
    fn leads_through(&self, path: &PathRef<'_>, other: &Filestat) -> bool {
        let path = path.as_str();
        let parents = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        let is_other = |stat: Filestat| other.ino != 0 && (stat.dev, stat.ino) == (other.dev, other.ino);
        self.filestat().is_ok_and(is_other)
            || parents
                .map(PathRef::parse)
                .any(|parent| parent.and_then(|parent| self.stat(&parent, true)).is_ok_and(is_other))
    }

    /// Links `from`, and if it is a symlink then the symlink itself, as `to`.
    pub(crate) fn link(&self, from: &PathRef<'_>, dir: &Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        self.check(from, Purpose::Existing)?;
        dir.check(to, Purpose::New)?;
        match self.0.hard_link(from.as_str(), &dir.0, to.as_str()).map_err(Errno::from) {
            // Directories have one name.
            Err(Errno::Acces) if self.is_dir(from) => Err(Errno::Perm),
            // No link on the way, but the names that a file may have.
            Err(Errno::Loop)
                if ![self.stat(from, false), dir.stat(to, false)].contains(&Err(Errno::Loop)) =>
            {
                Err(Errno::Mlink)
            }
            other => other,
        }
    }

    /// Makes `path` a symlink with this `target`, in which no name has a meaning either: it would be another target.
    /// Absolute targets are refused.
    pub(crate) fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        self.check(path, Purpose::New)?;
        names_only(target)?;
        let target = target.replace('/', "\\");
        // The system has two kinds; a target that is not there yet will be a file.
        let is_dir = self.target_is_dir(&target, path);
        match is_dir {
            true => Ok(DirExt::symlink_dir(&*self.0, target, path.as_str())?),
            false => Ok(DirExt::symlink_file(&*self.0, target, path.as_str())?),
        }
    }

    /// Does a symlink at `path` with this target lead to a directory?
    fn target_is_dir(&self, target: &str, path: &PathRef<'_>) -> bool {
        let target = target.replace('\\', "/");
        let whole = match (path.last(), path.as_str().rsplit_once('/')) {
            (Last::Name, Some((parent, _))) => format!("{parent}/{target}"),
            _ => target,
        };
        let stat = PathRef::parse(&whole).and_then(|whole| self.stat(&whole, true));
        stat.is_ok_and(|stat| stat.filetype == Filetype::Directory)
    }

    /// The target of a symlink, as guests write paths. Absolute ones, which only the host can have made, are not revealed.
    pub(crate) fn readlink(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        self.check(path, Purpose::Existing)?;
        let target = self.0.read_link(path.as_str())?;
        let target = target.into_os_string().into_string().map_err(|_| Errno::Ilseq)?;
        Ok(target.replace('\\', "/"))
    }

    /// Calls `visit` with name, inode number and type of each entry but `.` and `..`, in the host's order,
    /// until it fails.
    pub(crate) fn list(
        &self,
        visit: impl FnMut(&[u8], u64, Filetype) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        // A handle has one place in its listing, so this one is its own.
        entries::list(self.0.open_dir(".")?.as_handle(), visit)
    }
}

/// Makes sure that the target of a symlink has nothing but names, or it would be another target.
fn names_only(target: &str) -> Result<(), Errno> {
    names::check(target, Purpose::New).map_err(|_| Errno::Inval)
}

fn follow(follow: bool) -> FollowSymlinks {
    if follow { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

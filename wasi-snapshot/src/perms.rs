//! The permissions of a guest under a preopened directory.

use crate::abi::Rights;
use bitflags::bitflags;

bitflags! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Allowed: u8 {
        const WRITE = 1;
        const CREATE = 1 << 1;
        const DELETE = 1 << 2;
        const RENAME = 1 << 3;
        const LINK = 1 << 4;
        const SYMLINK = 1 << 5;
        const SET_TIMES = 1 << 6;
        const FOLLOW = 1 << 7;
    }
}

/// The permissions of a preopened directory and of everything opened through it.
///
/// They start as [`read_only`](Self::read_only) or [`read_write`](Self::read_write), and what a guest
/// should not do is taken away from the latter. A guest that tries gets `perm`, and the rights that it is
/// told lack it from the start.
///
/// A call over two directories needs both of them to allow it and to have equal permissions.
///
/// ```
/// use wasi_snapshot::Perms;
///
/// // New log files may appear and be written; none goes away.
/// const LOGS: Perms = Perms::read_write().no_delete().no_link().no_symlink();
/// assert!(LOGS.allows_write());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perms(Allowed);

impl Perms {
    pub(crate) const WRITE: Self = Perms(Allowed::WRITE);
    pub(crate) const CREATE: Self = Perms(Allowed::CREATE);
    pub(crate) const DELETE: Self = Perms(Allowed::DELETE);
    /// A rename takes a name away and may replace what is there, so it deletes as well.
    pub(crate) const RENAME: Self = Perms(Allowed::RENAME.union(Allowed::DELETE));
    pub(crate) const LINK: Self = Perms(Allowed::LINK);
    pub(crate) const SYMLINK: Self = Perms(Allowed::SYMLINK);
    pub(crate) const SET_TIMES: Self = Perms(Allowed::SET_TIMES);

    /// Look and read, change nothing. Reading may still update access times, as it does for any process.
    #[must_use]
    pub const fn read_only() -> Self {
        Perms(Allowed::FOLLOW)
    }

    /// Everything that the host's own permissions allow.
    #[must_use]
    pub const fn read_write() -> Self {
        Perms(Allowed::all())
    }

    /// Without creating files and directories.
    #[must_use]
    pub const fn no_create(self) -> Self {
        self.without(Allowed::CREATE)
    }

    /// Without removing files and directories, and so without renaming, which replaces what is there.
    /// Files that may be written can still be emptied.
    #[must_use]
    pub const fn no_delete(self) -> Self {
        self.without(Allowed::DELETE)
    }

    /// Without renaming.
    #[must_use]
    pub const fn no_rename(self) -> Self {
        self.without(Allowed::RENAME)
    }

    /// Without hard links.
    #[must_use]
    pub const fn no_link(self) -> Self {
        self.without(Allowed::LINK)
    }

    /// Without creating symbolic links. Those that are there are still followed inside the directory.
    #[must_use]
    pub const fn no_symlink(self) -> Self {
        self.without(Allowed::SYMLINK)
    }

    /// Without setting access and modification times. Writing still updates them.
    #[must_use]
    pub const fn no_set_times(self) -> Self {
        self.without(Allowed::SET_TIMES)
    }

    /// Without following symbolic links, wherever in a path they are: a guest that would follow one gets
    /// `loop`. So what others put there leads nowhere else, not even inside the directory. Links can still be
    /// looked at, made and removed.
    ///
    /// Paths are resolved step by step, and no path may go down more than 64 directories to come up again.
    #[must_use]
    pub const fn no_follow(self) -> Self {
        self.without(Allowed::FOLLOW)
    }

    /// May files be written?
    #[must_use]
    pub const fn allows_write(self) -> bool {
        self.0.contains(Allowed::WRITE)
    }

    /// Are symbolic links followed?
    pub(crate) const fn follows(self) -> bool {
        self.0.contains(Allowed::FOLLOW)
    }

    /// Do they allow all that `needed` does?
    pub(crate) const fn contains(self, needed: Self) -> bool {
        self.0.contains(needed.0)
    }

    const fn without(self, taken: Allowed) -> Self {
        Perms(self.0.difference(taken))
    }

    /// The rights of a directory with these permissions.
    ///
    /// `fd_seek` is missing, since with `fd_tell` it tells files from terminals; so are `fd_write` and the
    /// size rights, since a directory opened again with its own rights must not look like a file that is
    /// opened for writing.
    pub(crate) fn dir_rights(self) -> Rights {
        self.filter(
            Rights::FD_FDSTAT_SET_FLAGS
                | Rights::FD_SYNC
                | Rights::FD_ADVISE
                | Rights::PATH_CREATE_DIRECTORY
                | Rights::PATH_CREATE_FILE
                | Rights::PATH_LINK_SOURCE
                | Rights::PATH_LINK_TARGET
                | Rights::PATH_OPEN
                | Rights::FD_READDIR
                | Rights::PATH_READLINK
                | Rights::PATH_RENAME_SOURCE
                | Rights::PATH_RENAME_TARGET
                | Rights::PATH_FILESTAT_GET
                | Rights::PATH_FILESTAT_SET_TIMES
                | Rights::FD_FILESTAT_GET
                | Rights::FD_FILESTAT_SET_TIMES
                | Rights::PATH_SYMLINK
                | Rights::PATH_REMOVE_DIRECTORY
                | Rights::PATH_UNLINK_FILE
                | Rights::POLL_FD_READWRITE,
        )
    }

    /// The rights of a file that was opened to `read`, to `write`, or both.
    pub(crate) fn file_rights(self, read: bool, write: bool) -> Rights {
        let mut rights = Rights::FD_DATASYNC
            | Rights::FD_SEEK
            | Rights::FD_FDSTAT_SET_FLAGS
            | Rights::FD_SYNC
            | Rights::FD_TELL
            | Rights::FD_ADVISE
            | Rights::FD_FILESTAT_GET
            | Rights::FD_FILESTAT_SET_TIMES
            | Rights::POLL_FD_READWRITE;
        rights.set(Rights::FD_READ, read);
        rights.set(Rights::FD_WRITE | Rights::FD_ALLOCATE | Rights::FD_FILESTAT_SET_SIZE, write);
        self.filter(rights)
    }

    /// The rights that things opened through a directory can have at most. wasi-libc masks what it asks
    /// for with these, so everything that any file or directory could have must be here.
    pub(crate) fn inheriting(self) -> Rights {
        self.dir_rights() | self.file_rights(true, true)
    }

    fn filter(self, rights: Rights) -> Rights {
        let needs = [
            (Perms::WRITE, Rights::FD_WRITE | Rights::FD_ALLOCATE | Rights::FD_FILESTAT_SET_SIZE),
            (Perms::CREATE, Rights::PATH_CREATE_DIRECTORY | Rights::PATH_CREATE_FILE),
            (Perms::DELETE, Rights::PATH_REMOVE_DIRECTORY | Rights::PATH_UNLINK_FILE),
            (Perms::RENAME, Rights::PATH_RENAME_SOURCE | Rights::PATH_RENAME_TARGET),
            (Perms::LINK, Rights::PATH_LINK_SOURCE | Rights::PATH_LINK_TARGET),
            (Perms::SYMLINK, Rights::PATH_SYMLINK),
            (Perms::SET_TIMES, Rights::PATH_FILESTAT_SET_TIMES | Rights::FD_FILESTAT_SET_TIMES),
        ];
        let forbidden = needs.into_iter().filter(|(needed, _)| !self.contains(*needed));
        forbidden.fold(rights, |rights, (_, forbidden)| rights.difference(forbidden))
    }
}

//! What a guest may do under a preopened directory.

use crate::abi::Rights;

/// The permissions of a preopened directory and of everything opened through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perms {
    write: bool,
}

impl Perms {
    /// Look and read, change nothing. Reading may still update access times, as it does for any process.
    #[must_use]
    pub const fn read_only() -> Self {
        Perms { write: false }
    }

    /// Everything that the host's own permissions allow.
    #[must_use]
    pub const fn read_write() -> Self {
        Perms { write: true }
    }

    /// May anything be created, changed or removed?
    #[must_use]
    pub const fn allows_write(self) -> bool {
        self.write
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
        let changing = Rights::FD_WRITE
            | Rights::FD_ALLOCATE
            | Rights::PATH_CREATE_DIRECTORY
            | Rights::PATH_CREATE_FILE
            | Rights::PATH_LINK_SOURCE
            | Rights::PATH_LINK_TARGET
            | Rights::PATH_RENAME_SOURCE
            | Rights::PATH_RENAME_TARGET
            | Rights::PATH_FILESTAT_SET_TIMES
            | Rights::FD_FILESTAT_SET_SIZE
            | Rights::FD_FILESTAT_SET_TIMES
            | Rights::PATH_SYMLINK
            | Rights::PATH_REMOVE_DIRECTORY
            | Rights::PATH_UNLINK_FILE;
        if self.write { rights } else { rights.difference(changing) }
    }
}

//! An open descriptor: what it stands for, and what the guest may do with it.

use super::listing::Listing;
use super::quota::Stretch;
use crate::abi::{Fdflags, Filetype, Rights};
use crate::errno::Errno;
use crate::perms::Perms;
use crate::sys::description::FileDescription;
use crate::sys::found::Found;
use crate::sys::net::Socket;
use crate::vfs::{Access, DirHandle, OpenDir, OpenFile, Opening};

/// The flags that only opening can set.
const SYNC_FLAGS: Fdflags = Fdflags::DSYNC.union(Fdflags::RSYNC).union(Fdflags::SYNC);

/// One open descriptor.
pub(crate) struct Entry {
    pub(crate) description: Description,
    /// What the guest can do with it. These rights cannot be changed, so they are what is enforced.
    pub(crate) rights: Rights,
    /// What can be done at most with what is opened through it.
    pub(crate) inheriting: Rights,
    pub(crate) flags: Fdflags,
    /// What the guest has paid for of the file.
    pub(crate) stretch: Stretch,
}

/// The open description, as POSIX calls what a descriptor stands for.
pub(crate) enum Description {
    Dir(Directory),
    File(OpenFile),
}

/// An open directory.
pub(crate) struct Directory {
    pub(crate) dir: OpenDir,
    pub(crate) perms: Perms,
    /// The name under which a preopened directory is known to the guest. It belongs to the entry and not
    /// to its number: renumbering takes it along.
    pub(crate) preopen: Option<Box<str>>,
    /// What is left of a listing that the guest is reading.
    pub(crate) listing: Option<Listing>,
}

impl Entry {
    pub(crate) fn dir(dir: DirHandle, perms: Perms, preopen: Option<Box<str>>, flags: Fdflags) -> Self {
        let dir = OpenDir::new(dir, perms.follows());
        Entry {
            description: Description::Dir(Directory { dir, perms, preopen, listing: None }),
            rights: perms.dir_rights(),
            inheriting: perms.inheriting(),
            flags,
            stretch: Stretch::default(),
        }
    }

    /// What opening a path gave: to `read`, to `write`, or both.
    pub(crate) fn opened(opening: Opening, perms: Perms, access: (bool, bool), flags: Fdflags) -> Self {
        match opening {
            Found::Dir(dir) => Entry::dir(dir, perms, None, flags),
            Found::File(file) => Entry::file(file, perms, access, flags),
        }
    }

    fn file(file: OpenFile, perms: Perms, (read, write): (bool, bool), flags: Fdflags) -> Self {
        let mut rights = perms.file_rights(read, write);
        if file.lacks_places() {
            rights.remove(Rights::FD_SEEK | Rights::FD_TELL);
        }
        Entry::with_rights(file, rights, flags)
    }

    /// A standard stream; if it is a file, then as any other file. Without the rights to seek, a character device is
    /// taken for a terminal.
    pub(crate) fn stdio(file: OpenFile, access: Access) -> Self {
        if let OpenFile::Host(_) = file {
            return Entry::given(file, access);
        }
        let direction = if access.writes() { Rights::FD_WRITE } else { Rights::FD_READ };
        let rights = direction
            | Rights::FD_FDSTAT_SET_FLAGS
            | Rights::FD_SYNC
            | Rights::FD_DATASYNC
            | Rights::FD_FILESTAT_GET
            | Rights::POLL_FD_READWRITE;
        Entry::with_rights(file, rights, Fdflags::empty())
    }

    /// A file that the embedder gave open.
    pub(crate) fn given(file: OpenFile, access: Access) -> Self {
        let perms = if access.writes() { Perms::read_write() } else { Perms::read_only() };
        let flags = match &file {
            OpenFile::Host(file) => file.fixed_flags(),
            _ => Fdflags::empty(),
        };
        Entry::file(file, perms, (access.reads(), access.writes()), flags)
    }

    /// A file or a stream, with the right that only a connected socket has if it is one.
    fn with_rights(file: OpenFile, mut rights: Rights, flags: Fdflags) -> Self {
        rights.set(Rights::SOCK_SHUTDOWN, file.socket().is_some());
        Entry {
            description: Description::File(file),
            rights,
            inheriting: Rights::empty(),
            flags,
            stretch: Stretch::default(),
        }
    }

    /// Sets `append` and `nonblock`, for the guest or before it starts.
    ///
    /// # Errors
    ///
    /// `inval` for a change of the flags that only opening can set, and of `append` where the embedder opened the file to
    /// append to.
    pub(crate) fn set_flags(&mut self, wanted: Fdflags) -> Result<(), Errno> {
        let changed = self.flags.symmetric_difference(wanted);
        if changed.intersects(SYNC_FLAGS) {
            return Err(Errno::Inval);
        }
        match &mut self.description {
            Description::File(OpenFile::Socket(socket)) => socket.ask(),
            Description::File(file) if changed.contains(Fdflags::APPEND) => file.set_append(wanted)?,
            Description::File(_) | Description::Dir(_) => {}
        }
        self.flags = wanted;
        Ok(())
    }

    pub(crate) fn socket(socket: Socket, flags: Fdflags) -> Self {
        let common = Rights::FD_FDSTAT_SET_FLAGS | Rights::FD_FILESTAT_GET | Rights::POLL_FD_READWRITE;
        let stream = Rights::FD_READ | Rights::FD_WRITE | Rights::SOCK_SHUTDOWN | common;
        let (rights, inheriting) = match socket {
            Socket::Listener(_) => (Rights::SOCK_ACCEPT | common, stream),
            Socket::Stream(_) => (stream, Rights::empty()),
        };
        let description = Description::File(OpenFile::Socket(socket));
        Entry { description, rights, inheriting, flags, stretch: Stretch::default() }
    }

    /// The type that the guest is told.
    pub(crate) fn filetype(&self) -> Filetype {
        match &self.description {
            Description::Dir(_) => Filetype::Directory,
            Description::File(file) => file.filetype(),
        }
    }

    /// The directory behind the descriptor.
    ///
    /// # Errors
    ///
    /// `notdir` if it is something else.
    pub(crate) fn as_dir(&self) -> Result<&Directory, Errno> {
        match &self.description {
            Description::Dir(dir) => Ok(dir),
            Description::File(_) => Err(Errno::Notdir),
        }
    }

    /// The file or the stream behind the descriptor.
    ///
    /// # Errors
    ///
    /// `if_dir` for a directory.
    pub(crate) fn as_file(&mut self, if_dir: Errno) -> Result<&mut OpenFile, Errno> {
        Ok(self.as_paid_file(if_dir)?.0)
    }

    /// The file or the stream behind the descriptor, with what has been paid for of it.
    ///
    /// # Errors
    ///
    /// Those of [`as_file`](Self::as_file).
    pub(crate) fn as_paid_file(&mut self, if_dir: Errno) -> Result<(&mut OpenFile, &mut Stretch), Errno> {
        match &mut self.description {
            Description::Dir(_) => Err(if_dir),
            Description::File(file) => Ok((file, &mut self.stretch)),
        }
    }

    /// Is it open to be read, or to be written?
    ///
    /// # Errors
    ///
    /// `badf` if it is not; `notconn` for a listener, which is open for both, as all sockets are.
    pub(crate) fn require_open(&self, right: Rights) -> Result<(), Errno> {
        match self.description {
            _ if self.rights.contains(right) => Ok(()),
            Description::File(OpenFile::Socket(_)) => Err(Errno::Notconn),
            _ => Err(Errno::Badf),
        }
    }

    /// # Errors
    ///
    /// `errno` if one of `rights` is missing.
    pub(crate) fn require(&self, rights: Rights, errno: Errno) -> Result<(), Errno> {
        if self.rights.contains(rights) { Ok(()) } else { Err(errno) }
    }
}

/// Can a guest be told such a name of a preopened directory?
pub(crate) fn is_guest_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('\0')
}

//! The descriptor table.

mod file_mut;

use crate::abi::{Fd, Fdflags, Filetype, Rights};
use crate::errno::Errno;
use crate::file::File;
use crate::guest::listing::Listing;
use crate::guest::quota::Stretch;
use crate::perms::Perms;
use crate::stdio::Stream;
use crate::sys::file::HostFile;
use crate::sys::net::Socket;
use crate::vfs::{Access, DirHandle, Found};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(crate) use file_mut::FileMut;

/// The standard streams have these numbers, and nothing that is opened later gets one of them.
const STDIO: Fd = 3;

/// The flags that only opening can set.
const SYNC_FLAGS: Fdflags = Fdflags::DSYNC.union(Fdflags::RSYNC).union(Fdflags::SYNC);

/// Open descriptors by number.
pub(crate) struct Table {
    slots: Vec<Option<Entry>>,
    /// Free numbers below the length of `slots`, none of them one of stdio's.
    free: BinaryHeap<Reverse<Fd>>,
    open: u32,
}

/// One open descriptor.
pub(crate) struct Entry {
    pub(crate) object: Object,
    /// What the guest can do with it. These rights cannot be changed, so they are what is enforced.
    pub(crate) rights: Rights,
    /// What can be done at most with what is opened through it.
    pub(crate) inheriting: Rights,
    pub(crate) flags: Fdflags,
    /// What the guest has paid for of the file.
    pub(crate) stretch: Stretch,
}

/// What a descriptor stands for.
pub(crate) enum Object {
    Dir(Directory),
    /// A file of the host, by far the most used: calls on it are static, since a branch through a table of
    /// functions is mispredicted after nearly every system call.
    Host(HostFile),
    File(Box<dyn File>),
    Socket(Socket),
}

/// An open directory.
pub(crate) struct Directory {
    pub(crate) dir: DirHandle,
    pub(crate) perms: Perms,
    /// The name under which a preopened directory is known to the guest. It belongs to the entry and not
    /// to its number: renumbering takes it along.
    pub(crate) preopen: Option<Box<str>>,
    /// What is left of a listing that the guest is reading.
    pub(crate) listing: Option<Listing>,
}

impl Entry {
    pub(crate) fn dir(dir: DirHandle, perms: Perms, preopen: Option<Box<str>>, flags: Fdflags) -> Self {
        let dir = if perms.follows() { dir } else { dir.without_following() };
        Entry {
            object: Object::Dir(Directory { dir, perms, preopen, listing: None }),
            rights: perms.dir_rights(),
            inheriting: perms.inheriting(),
            flags,
            stretch: Stretch::default(),
        }
    }

    /// What opening a path gave: to `read`, to `write`, or both.
    pub(crate) fn found(found: Found, perms: Perms, (read, write): (bool, bool), flags: Fdflags) -> Self {
        let lacks_places = match &found {
            Found::Dir(_) => false,
            Found::Host(file) => file.lacks_places(),
            Found::File(file) => file.lacks_places(),
        };
        let object = match found {
            Found::Dir(dir) => return Entry::dir(dir, perms, None, flags),
            Found::Host(file) => Object::Host(file),
            Found::File(file) => Object::File(Box::new(file)),
        };
        let mut rights = perms.file_rights(read, write);
        if lacks_places {
            rights.remove(Rights::FD_SEEK | Rights::FD_TELL);
        }
        if let Object::Host(file) = &object {
            rights.set(Rights::SOCK_SHUTDOWN, file.socket().is_some());
        }
        Entry { object, rights, inheriting: Rights::empty(), flags, stretch: Stretch::default() }
    }

    /// A standard stream; if it is a file, then as any other file. Without the rights to seek, a character device is
    /// taken for a terminal.
    pub(crate) fn stdio(stream: Stream, access: Access) -> Self {
        let file = match stream {
            Stream::File(file) => return Entry::given(Found::Host(file), access),
            Stream::Other(file) => file,
        };
        let direction = if access.writes() { Rights::FD_WRITE } else { Rights::FD_READ };
        let mut rights = direction
            | Rights::FD_FDSTAT_SET_FLAGS
            | Rights::FD_SYNC
            | Rights::FD_DATASYNC
            | Rights::FD_FILESTAT_GET
            | Rights::POLL_FD_READWRITE;
        rights.set(Rights::SOCK_SHUTDOWN, file.socket().is_some());
        Entry {
            object: Object::File(file),
            rights,
            inheriting: Rights::empty(),
            flags: Fdflags::empty(),
            stretch: Stretch::default(),
        }
    }

    /// A file that the embedder gave open.
    pub(crate) fn given(file: Found, access: Access) -> Self {
        let perms = if access.writes() { Perms::read_write() } else { Perms::read_only() };
        let flags = match &file {
            Found::Host(file) => file.fixed_flags(),
            Found::Dir(_) | Found::File(_) => Fdflags::empty(),
        };
        Entry::found(file, perms, (access.reads(), access.writes()), flags)
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
        match &mut self.object {
            Object::Host(file) if changed.contains(Fdflags::APPEND) => file.set_append(wanted)?,
            Object::File(file) if changed.contains(Fdflags::APPEND) => file.set_append(wanted)?,
            Object::Socket(socket) => socket.ask(),
            Object::Host(_) | Object::File(_) | Object::Dir(_) => {}
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
        Entry { object: Object::Socket(socket), rights, inheriting, flags, stretch: Stretch::default() }
    }

    /// The type that the guest is told.
    pub(crate) fn filetype(&self) -> Filetype {
        match &self.object {
            Object::Dir(_) => Filetype::Directory,
            Object::Host(file) => file.filetype(),
            Object::File(file) => file.filetype(),
            Object::Socket(_) => Filetype::SocketStream,
        }
    }

    /// The directory behind the descriptor.
    ///
    /// # Errors
    ///
    /// `notdir` if it is something else.
    pub(crate) fn as_dir(&self) -> Result<&Directory, Errno> {
        match &self.object {
            Object::Dir(dir) => Ok(dir),
            _ => Err(Errno::Notdir),
        }
    }

    /// The file or the stream behind the descriptor.
    ///
    /// # Errors
    ///
    /// `if_dir` for a directory.
    pub(crate) fn as_file(&mut self, if_dir: Errno) -> Result<FileMut<'_>, Errno> {
        Ok(self.as_paid_file(if_dir)?.0)
    }

    /// The file or the stream behind the descriptor, with what has been paid for of it.
    ///
    /// # Errors
    ///
    /// Those of [`as_file`](Self::as_file).
    pub(crate) fn as_paid_file(&mut self, if_dir: Errno) -> Result<(FileMut<'_>, &mut Stretch), Errno> {
        let file = match &mut self.object {
            Object::Dir(_) => return Err(if_dir),
            Object::Host(file) => FileMut::Host(file),
            Object::File(file) => FileMut::Other(file.as_mut()),
            Object::Socket(socket) => FileMut::Other(socket.as_file()),
        };
        Ok((file, &mut self.stretch))
    }

    /// Is it open to be read, or to be written?
    ///
    /// # Errors
    ///
    /// `badf` if it is not; `notconn` for a listener, which is open for both, as all sockets are.
    pub(crate) fn require_open(&self, right: Rights) -> Result<(), Errno> {
        match self.object {
            _ if self.rights.contains(right) => Ok(()),
            Object::Socket(_) => Err(Errno::Notconn),
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

impl Table {
    /// A table of the three standard streams.
    pub(crate) fn new(streams: [Entry; 3]) -> Self {
        Table { slots: streams.into_iter().map(Some).collect(), free: BinaryHeap::new(), open: STDIO }
    }

    /// The entry at `fd`.
    ///
    /// # Errors
    ///
    /// `badf` if there is none; so do the other lookups.
    #[inline]
    pub(crate) fn get(&self, fd: Fd) -> Result<&Entry, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.slots.get(fd));
        slot.and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    /// The entry at `fd`, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut Entry, Errno> {
        self.slot(fd)?.as_mut().ok_or(Errno::Badf)
    }

    /// The directory at `fd`.
    ///
    /// # Errors
    ///
    /// `badf` if there is nothing, `notdir` if it is something else.
    pub(crate) fn dir(&self, fd: Fd) -> Result<&Directory, Errno> {
        self.get(fd)?.as_dir()
    }

    /// Puts `entry` at the lowest number that was free, of those that are no stdio's.
    ///
    /// # Errors
    ///
    /// `nfile` if `max` descriptors are open.
    pub(crate) fn insert(&mut self, entry: Entry, max: u32) -> Result<Fd, Errno> {
        self.room(max)?;
        let fd = match self.free.pop() {
            Some(Reverse(fd)) => fd,
            None => {
                self.slots.push(None);
                Fd::try_from(self.slots.len() - 1).map_err(|_| Errno::Nfile)?
            }
        };
        *self.slot(fd)? = Some(entry);
        self.open += 1;
        Ok(fd)
    }

    /// Puts `entry` at a number that the embedder chose.
    ///
    /// # Errors
    ///
    /// `nfile` if `max` descriptors are open, or the number is not below `max`, so that the table stays
    /// small; `exist` if it is taken, and a standard stream's always is.
    pub(crate) fn insert_at(&mut self, fd: Fd, entry: Entry, max: u32) -> Result<(), Errno> {
        self.room(max)?;
        let index = usize::try_from(fd).ok().filter(|_| fd < max).ok_or(Errno::Nfile)?;
        while self.slots.len() <= index {
            self.free.push(Reverse(Fd::try_from(self.slots.len()).map_err(|_| Errno::Nfile)?));
            self.slots.push(None);
        }
        if fd < STDIO || self.slot(fd)?.is_some() {
            return Err(Errno::Exist);
        }
        self.free.retain(|Reverse(free)| *free != fd);
        *self.slot(fd)? = Some(entry);
        self.open += 1;
        Ok(())
    }

    /// Is there room for one more of `max` descriptors?
    ///
    /// # Errors
    ///
    /// `nfile` if there is not.
    pub(crate) fn room(&self, max: u32) -> Result<(), Errno> {
        if self.open < max { Ok(()) } else { Err(Errno::Nfile) }
    }

    /// Takes the entry at `fd` out; dropping it closes what it stands for.
    pub(crate) fn remove(&mut self, fd: Fd) -> Result<Entry, Errno> {
        let entry = self.slot(fd)?.take().ok_or(Errno::Badf)?;
        if fd >= STDIO {
            self.free.push(Reverse(fd));
        }
        self.open -= 1;
        Ok(entry)
    }

    /// Moves the entry at `from` to `to`, and gives what was there, to be dropped. Both must be open.
    pub(crate) fn renumber(&mut self, from: Fd, to: Fd) -> Result<Option<Entry>, Errno> {
        self.get(from)?;
        self.get(to)?;
        if from == to {
            return Ok(None);
        }
        let entry = self.remove(from)?;
        Ok(self.slot(to)?.replace(entry))
    }

    fn slot(&mut self, fd: Fd) -> Result<&mut Option<Entry>, Errno> {
        usize::try_from(fd).ok().and_then(|fd| self.slots.get_mut(fd)).ok_or(Errno::Badf)
    }

    /// The preopened directory that the guest knows by this name.
    pub(crate) fn preopen(&self, name: &str) -> Option<&Directory> {
        self.entries()
            .filter_map(|entry| entry.as_dir().ok())
            .find(|dir| dir.preopen.as_deref() == Some(name))
    }

    /// All open entries with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (Fd, &Entry)> {
        (0..).zip(&self.slots).filter_map(|(fd, slot)| Some((fd, slot.as_ref()?)))
    }

    /// All open entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flatten()
    }
}

/// Can a guest be told such a name of a preopened directory?
pub(crate) fn is_guest_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('\0')
}

//! Files of the host, by system-interface on the `std::fs::File` of an open handle.
//!
//! Plain transfers go to rustix instead, straight to the system: in a process with several threads, glibc
//! makes each of its own cancellable and back, which costs as much as all the rest of a call.

use super::poll::OsHandle;
use super::socket::SocketRef;
use super::{beyond, quiet, rlimits, shared, times};
use crate::abi::{Advice, Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::error::Result;
use crate::sys::connected::Connected;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{self, Interest, Wait};
use rustix::fs::OFlags;
use std::fs;
use std::io::{self, IoSlice, IoSliceMut, IsTerminal, Seek, SeekFrom};
use std::os::fd::AsFd;
use system_interface::fs::{Advice as OsAdvice, FdFlags, FileIoExt, GetSetFdFlags};

/// Bytes that are written between two looks at the process's limit of a file's size: a look costs a tenth of a small
/// write, and nobody lowers the limit of a running process without thinking of what it writes.
const LOOK: usize = 1 << 20;

/// An open file of the host. What was opened by a path is ours alone, so its flags are ours to change, and it does not
/// block, so that a FIFO cannot hold the thread. What the embedder gave is others' too: its flags and its cursor stay
/// theirs, and what the guest does with its own is done by each transfer.
pub(crate) struct HostFile {
    file: fs::File,
    filetype: Filetype,
    /// Writes go to the end.
    append: bool,
    /// Those of the flags that the embedder opened it with which only opening can set: they stay.
    fixed: Fdflags,
    /// Where the cursor is, while that is known.
    cursor: Option<u64>,
    /// The embedder opened it: others may share it, and move its cursor.
    given: bool,
    /// It has places to seek to.
    seekable: bool,
    /// The limit of its size, as of the last look, and how many bytes may be written until the next one.
    limit: Option<u64>,
    look_in: usize,
}

impl HostFile {
    /// A file that has just been opened.
    pub(super) fn new(file: fs::File, filetype: Filetype, append: bool) -> Self {
        // Some devices do: the null device has one place.
        let seekable = !is_stream(filetype) || rustix::fs::tell(&file).is_ok();
        HostFile {
            seekable,
            file,
            filetype,
            append,
            fixed: Fdflags::empty(),
            cursor: Some(0),
            given: false,
            limit: None,
            look_in: 0,
        }
    }

    /// Takes an open handle of the embedder's.
    ///
    /// # Errors
    ///
    /// `IsADirectory` if it is the handle of one, and whatever the system says.
    pub(crate) fn from_handle(file: fs::File) -> io::Result<Self> {
        let filetype = times::filestat(&rustix::fs::fstat(&file)?).filetype;
        if filetype == Filetype::Directory {
            return Err(rustix::io::Errno::ISDIR.into());
        }
        let flags = rustix::fs::fcntl_getfl(&file)?;
        let mut fixed = Fdflags::empty();
        fixed.set(Fdflags::APPEND, flags.contains(OFlags::APPEND));
        // On Linux the one has the other's bit and one more.
        let all = flags.contains(OFlags::SYNC);
        fixed.set(Fdflags::SYNC, all);
        fixed.set(Fdflags::DSYNC, !all && flags.intersects(OFlags::SYNC | OFlags::DSYNC));
        let opened = HostFile::new(file, filetype, fixed.contains(Fdflags::APPEND));
        Ok(HostFile { fixed, cursor: None, given: true, ..opened })
    }

    /// The flags that the embedder opened it with, as far as they are the guest's to know and not to change.
    pub(crate) fn fixed_flags(&self) -> Fdflags {
        self.fixed
    }

    /// Is it to be taken for something without places? A character device without them is taken for a terminal, so those
    /// that are none keep the rights to seek, and get the system's errno.
    pub(crate) fn lacks_places(&self) -> bool {
        !self.seekable && (self.filetype != Filetype::CharacterDevice || self.file.is_terminal())
    }

    /// Makes sure that a write of so many bytes starts below the process's limit. The system cuts off what ends behind
    /// it, and sends a signal only for what starts there.
    ///
    /// # Errors
    ///
    /// `fbig` if it does not.
    #[inline]
    fn check_limit(&mut self, at: At, bytes: usize) -> Result<(), Errno> {
        match self.look_in.checked_sub(bytes) {
            Some(left) if self.limit.is_none() => self.look_in = left,
            _ => {
                self.limit = rlimits::file_size();
                self.look_in = LOOK;
            }
        }
        let Some(limit) = self.limit else { return Ok(()) };
        if self.start(at)? < limit { Ok(()) } else { Err(Errno::Fbig) }
    }

    /// Makes sure that a file that would grow to `size` stays within the process's limit.
    ///
    /// # Errors
    ///
    /// `fbig` if it does not.
    fn check_size(&self, size: u64) -> Result<(), Errno> {
        match rlimits::file_size() {
            Some(limit) if size > limit && size > self.filestat()?.size => Err(Errno::Fbig),
            _ => Ok(()),
        }
    }

    /// Keeps in mind where a transfer has left the cursor.
    fn advance(&mut self, at: At, count: usize) {
        if let (At::Cursor, Some(cursor)) = (at, &mut self.cursor) {
            *cursor = cursor.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }

    /// Writes at the end once, wherever the cursor is and whatever the flags say.
    ///
    /// # Errors
    ///
    /// `fbig` at the process's limit of a file's size, and whatever the system says.
    pub(crate) fn append_once(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let end = self.filestat()?.size;
        self.check_limit(At::Offset(end), bytes.len())?;
        let file = self.file.as_fd();
        retry(&mut || Ok(shared::append(file, &[IoSlice::new(bytes)], Some(end))?))
    }

    fn is_stream(&self) -> bool {
        is_stream(self.filetype)
    }
}

/// A FIFO, a terminal, a device: reading may have to wait.
fn is_stream(filetype: Filetype) -> bool {
    !matches!(filetype, Filetype::RegularFile | Filetype::BlockDevice)
}

impl FileDescription for HostFile {
    fn filetype(&self) -> Filetype {
        self.filetype
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(times::filestat(&rustix::fs::fstat(&self.file)?))
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        let file = &self.file;
        let mut read = || match (at, &mut *buffers) {
            (At::Cursor, [one]) => Ok(rustix::io::read(file, &mut **one)?),
            (At::Cursor, many) => Ok(rustix::io::readv(file, many)?),
            (At::Offset(offset), [one]) => Ok(rustix::io::pread(file, &mut **one, offset)?),
            (At::Offset(offset), many) => file.read_vectored_at(many, offset),
        };
        if self.is_stream() {
            // Before the first writer comes, a FIFO looks as if the last had gone; polling does not.
            let handle = OsHandle::new(file);
            poll::ready(handle, Interest::Read, wait)?;
            return match self.given && at == At::Cursor && !wait.may_block() {
                true => poll::retry_when_ready(handle, Interest::Read, wait, || {
                    Ok(shared::read(file.as_fd(), &mut *buffers)?)
                }),
                false => poll::retry_when_ready(handle, Interest::Read, wait, read),
            };
        }
        let count = retry(&mut read)?;
        self.advance(at, count);
        Ok(count)
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        if !self.is_stream() {
            self.check_limit(at, buffers.iter().map(|buffer| buffer.len()).sum())?;
        }
        let appends = self.given && self.append && !self.fixed.contains(Fdflags::APPEND);
        let file = &self.file;
        let mut write = || match (at, buffers) {
            (At::Cursor, many) if appends => Ok(shared::append(file.as_fd(), many, None)?),
            (At::Offset(offset), many) if appends => Ok(shared::append(file.as_fd(), many, Some(offset))?),
            (At::Cursor, [one]) => Ok(rustix::io::write(file, one)?),
            (At::Cursor, many) => Ok(rustix::io::writev(file, many)?),
            (At::Offset(offset), [one]) => Ok(rustix::io::pwrite(file, one, offset)?),
            (At::Offset(offset), many) => file.write_vectored_at(many, offset),
        };
        if self.is_stream() {
            let is_socket = self.filetype == Filetype::SocketStream;
            let now = self.given && !wait.may_block();
            return poll::retry_when_ready(OsHandle::new(file), Interest::Write, wait, || match at {
                At::Cursor if now => Ok(shared::write(file.as_fd(), is_socket, buffers)?),
                At::Cursor => Ok(quiet::write(file.as_fd(), is_socket, buffers)?),
                At::Offset(_) => write(),
            });
        }
        let count = retry(&mut write)?;
        self.advance(at, count);
        if self.append {
            self.cursor = None;
        }
        Ok(count)
    }

    fn start(&mut self, at: At) -> Result<u64, Errno> {
        match (at, self.cursor) {
            _ if self.append => Ok(self.filestat()?.size),
            (At::Offset(offset), _) => Ok(offset),
            (At::Cursor, Some(cursor)) => Ok(cursor),
            (At::Cursor, None) => self.seek(SeekFrom::Current(0)),
        }
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        let place = Seek::seek(&mut &self.file, to)?;
        self.cursor = (!self.given).then_some(place);
        Ok(place)
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        self.check_size(size)?;
        Ok(self.file.set_len(size)?)
    }

    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        self.check_size(offset.saturating_add(len))?;
        Ok(beyond::allocate(&self.file, offset, len)?)
    }

    fn set_times(&mut self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        Ok(rustix::fs::futimens(&self.file, &times::timestamps(atim, mtim))?)
    }

    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        Ok(beyond::sync(&self.file, data_only)?)
    }

    fn advise(&mut self, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        let advice = match advice {
            Advice::Normal => OsAdvice::Normal,
            Advice::Sequential => OsAdvice::Sequential,
            Advice::Random => OsAdvice::Random,
            Advice::Willneed => OsAdvice::WillNeed,
            Advice::Dontneed => OsAdvice::DontNeed,
            Advice::Noreuse => OsAdvice::NoReuse,
        };
        Ok(FileIoExt::advise(&self.file, offset, len, advice)?)
    }

    fn set_append(&mut self, flags: Fdflags) -> Result<(), Errno> {
        let append = flags.contains(Fdflags::APPEND);
        if self.fixed.contains(Fdflags::APPEND) && !append {
            return Err(Errno::Inval);
        }
        if !self.given {
            let mut host = FdFlags::NONBLOCK;
            host.set(FdFlags::APPEND, append);
            let change = self.file.new_set_fd_flags(host)?;
            self.file.set_fd_flags(change)?;
        }
        self.append = append;
        Ok(())
    }

    fn socket(&self) -> Option<Connected<'_>> {
        (self.filetype == Filetype::SocketStream).then(|| Connected::new(SocketRef::new(self.file.as_fd())))
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        self.is_stream().then(|| OsHandle::new(&self.file))
    }

    fn available(&self) -> u64 {
        if self.is_stream() {
            return OsHandle::new(&self.file).available();
        }
        let rest = || {
            let size = u64::try_from(rustix::fs::fstat(&self.file).ok()?.st_size).ok()?;
            Some(size.saturating_sub({ &self.file }.stream_position().ok()?))
        };
        rest().unwrap_or(0)
    }
}

/// Repeats what a signal interrupted.
fn retry(transfer: &mut impl FnMut() -> io::Result<usize>) -> Result<usize, Errno> {
    loop {
        match transfer() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return Ok(other?),
        }
    }
}

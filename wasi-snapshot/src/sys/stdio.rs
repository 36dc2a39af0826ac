//! The host's own standard streams, lent to a guest.
//!
//! Others write to them too, and their flags belong to everybody who shares the terminal or the pipe: so
//! nothing is buffered here, and no flag is changed.

use super::poll::{self, Interest, OsHandle};
use super::{quiet, rlimits, shared};
use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::file::{At, File, Wait};
use rustix::fs::{FileType, OFlags};
use std::io::{IoSlice, IoSliceMut, IsTerminal};
use std::os::fd::BorrowedFd;

/// What the embedder does when nobody reads a stream any more.
pub(crate) type Closed = Box<dyn FnMut() + Send>;

/// Standard input, output or error of the host.
pub(crate) struct Inherited {
    fd: BorrowedFd<'static>,
    filetype: Filetype,
    /// A file takes everything at once; anything else may have the writer wait.
    is_file: bool,
    closed: Option<Closed>,
}

impl Inherited {
    pub(crate) fn stdin() -> Self {
        Inherited::new(rustix::stdio::stdin(), None)
    }

    pub(crate) fn stdout(closed: Option<Closed>) -> Self {
        Inherited::new(rustix::stdio::stdout(), closed)
    }

    pub(crate) fn stderr(closed: Option<Closed>) -> Self {
        Inherited::new(rustix::stdio::stderr(), closed)
    }

    fn new(fd: BorrowedFd<'static>, closed: Option<Closed>) -> Self {
        let stat = rustix::fs::fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let is_file = matches!(stat, Ok(FileType::RegularFile | FileType::BlockDevice));
        Inherited { fd, filetype: filetype(fd), is_file, closed }
    }

    /// Makes sure that a write to a file starts below the process's limit.
    ///
    /// # Errors
    ///
    /// `fbig` if it does not.
    fn check_size(&self) -> Result<(), Errno> {
        let Some(limit) = rlimits::file_size() else { return Ok(()) };
        let start = if rustix::fs::fcntl_getfl(self.fd)?.contains(OFlags::APPEND) {
            u64::try_from(rustix::fs::fstat(self.fd)?.st_size).unwrap_or(u64::MAX)
        } else {
            rustix::fs::tell(self.fd)?
        };
        if start < limit { Ok(()) } else { Err(Errno::Fbig) }
    }
}

/// Is a transfer free to wait in the system itself? Nobody minds, and nobody could end it.
pub(super) fn may_block(wait: Wait<'_>) -> bool {
    !wait.nonblock && !wait.interrupt.is_armed()
}

/// A terminal is a character device, since that is how libcs recognise one; other character devices, such
/// as the null device, must not look like it. Nor must a file look like one, since the guest gets no cursor.
fn filetype(fd: BorrowedFd<'_>) -> Filetype {
    let of_host = rustix::fs::fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match of_host {
        Ok(FileType::CharacterDevice) if fd.is_terminal() => Filetype::CharacterDevice,
        Ok(FileType::Socket) => Filetype::SocketStream,
        _ => Filetype::Unknown,
    }
}

impl File for Inherited {
    fn filetype(&self) -> Filetype {
        self.filetype
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        poll::patiently(OsHandle::new(&self.fd), Interest::Read, wait, || {
            match self.is_file || may_block(wait) {
                true => Ok(rustix::io::readv(self.fd, buffers)?),
                false => Ok(shared::read(self.fd, buffers)?),
            }
        })
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        if self.is_file {
            self.check_size()?;
        }
        let is_socket = self.filetype == Filetype::SocketStream;
        let written = poll::patiently(OsHandle::new(&self.fd), Interest::Write, wait, || {
            match self.is_file || may_block(wait) {
                true => Ok(quiet::write(self.fd, is_socket, buffers)?),
                false => Ok(shared::write(self.fd, is_socket, buffers)?),
            }
        });
        if let (Err(Error::Errno(Errno::Pipe)), Some(closed)) = (&written, &mut self.closed) {
            closed();
        }
        written
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(OsHandle::new(&self.fd))
    }

    fn available(&self) -> u64 {
        OsHandle::new(&self.fd).available()
    }
}

//! The host's own standard streams, lent to a guest.
//!
//! Others write to them too, and their flags belong to everybody who shares the terminal or the pipe: so
//! nothing is buffered here, and no flag is changed.

use super::file::HostFile;
use super::poll::OsHandle;
use super::socket::SocketRef;
use super::{beyond, quiet, rlimits, shared};
use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::sys::connected::Connected;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{self, Interest, Wait};
use crate::sys::stdio::Closed;
use rustix::fs::{FileType, OFlags};
use std::io::{self, IoSlice, IoSliceMut, IsTerminal};
use std::os::fd::BorrowedFd;

/// Standard input, output or error of the host.
pub(crate) struct Inherited {
    fd: BorrowedFd<'static>,
    of_host: FileType,
    is_terminal: bool,
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
        let of_host = stat.unwrap_or(FileType::Unknown);
        let is_file = matches!(of_host, FileType::RegularFile | FileType::BlockDevice);
        let is_terminal = of_host == FileType::CharacterDevice && fd.is_terminal();
        Inherited { fd, of_host, is_file, is_terminal, closed }
    }

    /// The file that it is, or the device that is no terminal, if it is one: a handle of its own, with the flags and the
    /// cursor of the host's.
    pub(crate) fn file(&self) -> io::Result<Option<HostFile>> {
        let is_device = !self.is_terminal && self.of_host == FileType::CharacterDevice;
        if !self.is_file && !is_device {
            return Ok(None);
        }
        let own = rustix::io::fcntl_dupfd_cloexec(self.fd, 0)?;
        HostFile::from_handle(own.into()).map(Some)
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

impl FileDescription for Inherited {
    /// A terminal is a character device, since that is how libcs recognise one; what a tee makes a stream of must not
    /// look like it, nor like a file.
    fn filetype(&self) -> Filetype {
        match self.of_host {
            FileType::CharacterDevice if self.is_terminal => Filetype::CharacterDevice,
            FileType::Socket => Filetype::SocketStream,
            _ => Filetype::Unknown,
        }
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        poll::retry_when_ready(OsHandle::new(&self.fd), Interest::Read, wait, || {
            match self.is_file || wait.may_block() {
                true => Ok(rustix::io::readv(self.fd, buffers)?),
                false => Ok(shared::read(self.fd, buffers)?),
            }
        })
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        if self.is_file {
            self.check_size()?;
        }
        let is_socket = self.of_host == FileType::Socket;
        let written = poll::retry_when_ready(OsHandle::new(&self.fd), Interest::Write, wait, || {
            match self.is_file || wait.may_block() {
                true => Ok(quiet::write(self.fd, is_socket, buffers)?),
                false => Ok(shared::write(self.fd, is_socket, buffers)?),
            }
        });
        if let (Err(Error::Errno(Errno::Pipe)), Some(closed)) = (&written, &mut self.closed) {
            closed();
        }
        written
    }

    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        let synced = if data_only { beyond::sync_data(self.fd) } else { rustix::fs::fsync(self.fd) };
        Ok(synced?)
    }

    fn socket(&self) -> Option<Connected<'_>> {
        (self.of_host == FileType::Socket).then(|| Connected::new(SocketRef::new(self.fd)))
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(OsHandle::new(&self.fd))
    }

    fn available(&self) -> u64 {
        OsHandle::new(&self.fd).available()
    }
}

//! The host's own standard streams, lent to a guest.
//!
//! Others write to them too, and their flags belong to everybody who shares the terminal or the pipe: so
//! nothing is buffered here, and no flag is changed.

use super::poll::{self, Interest, OsHandle};
use crate::abi::Filetype;
use crate::error::Result;
use crate::file::{At, File, Wait};
use rustix::fs::FileType;
use std::io::{IoSlice, IoSliceMut, IsTerminal};
use std::os::fd::BorrowedFd;

/// Standard input, output or error of the host.
pub(crate) struct Inherited {
    fd: BorrowedFd<'static>,
    filetype: Filetype,
    /// A file takes everything at once; anything else may have the writer wait.
    is_file: bool,
}

impl Inherited {
    pub(crate) fn stdin() -> Self {
        Inherited::new(rustix::stdio::stdin())
    }

    pub(crate) fn stdout() -> Self {
        Inherited::new(rustix::stdio::stdout())
    }

    pub(crate) fn stderr() -> Self {
        Inherited::new(rustix::stdio::stderr())
    }

    fn new(fd: BorrowedFd<'static>) -> Self {
        let stat = rustix::fs::fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let is_file = matches!(stat, Ok(FileType::RegularFile | FileType::BlockDevice));
        Inherited { fd, filetype: filetype(fd), is_file }
    }
}

/// What a pipe that polls as writable has room for, by POSIX: `PIPE_BUF` where it is smallest.
const ROOM: usize = 512;

/// Writes what needs no waiting to a stream that may be blocking. Polling says that there is some room, and
/// a larger write would wait for more of it where no interrupt can end it.
fn write_what_fits(fd: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> rustix::io::Result<usize> {
    match (write_now(fd, buffers), buffers.first()) {
        (Some(result), _) => result,
        (None, Some(first)) => rustix::io::write(fd, first.get(..ROOM).unwrap_or(first)),
        (None, None) => Ok(0),
    }
}

/// Writes without waiting, whatever the stream's own flags say, if the system can.
#[cfg(target_os = "linux")]
fn write_now(fd: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> Option<rustix::io::Result<usize>> {
    use rustix::io::{Errno, ReadWriteFlags, pwritev2};
    // That offset stands for the cursor.
    match pwritev2(fd, buffers, u64::MAX, ReadWriteFlags::NOWAIT) {
        // Terminals cannot, nor can the pipes of older kernels.
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => None,
        result => Some(result),
    }
}

#[cfg(not(target_os = "linux"))]
fn write_now(_: BorrowedFd<'_>, _: &[IoSlice<'_>]) -> Option<rustix::io::Result<usize>> {
    None
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
            Ok(rustix::io::readv(self.fd, buffers)?)
        })
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        let may_block = !wait.nonblock && !wait.interrupt.is_armed();
        poll::patiently(OsHandle::new(&self.fd), Interest::Write, wait, || match self.is_file {
            false if !may_block => Ok(write_what_fits(self.fd, buffers)?),
            _ => Ok(rustix::io::writev(self.fd, buffers)?),
        })
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(OsHandle::new(&self.fd))
    }

    fn available(&self) -> u64 {
        OsHandle::new(&self.fd).available()
    }
}

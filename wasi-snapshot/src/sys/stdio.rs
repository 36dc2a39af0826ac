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
        Inherited { fd, filetype: filetype(fd) }
    }
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
        poll::patiently(OsHandle::new(&self.fd), Interest::Write, wait, || {
            Ok(rustix::io::writev(self.fd, buffers)?)
        })
    }

    fn os_handle(&self) -> Option<OsHandle<'_>> {
        Some(OsHandle::new(&self.fd))
    }

    fn available(&self) -> u64 {
        OsHandle::new(&self.fd).available()
    }
}

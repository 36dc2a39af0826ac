//! An open file, stream or socket of any kind, called without a table of functions where there need be none.

use super::file;
use super::own_file::OwnFile;
use crate::abi::{Advice, Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::error::Result;
use crate::sys::connected::Connected;
use crate::sys::description::{At, FileDescription};
use crate::sys::file::HostFile;
use crate::sys::net::Socket;
use crate::sys::poll::{Interest, OsHandle, Wait};
use std::io::{IoSlice, IoSliceMut, SeekFrom};

/// An open file, stream or socket.
pub(crate) enum OpenFile {
    /// A file of the host, by far the most used: calls on it are static, since a branch through a table of
    /// functions is mispredicted after nearly every system call.
    Host(HostFile),
    /// A file of the embedder's own.
    Own(OwnFile),
    /// A standard stream that is no file.
    Stream(Box<dyn FileDescription>),
    Socket(Socket),
}

impl OpenFile {
    /// A file that the embedder gave, or opened for the guest. One of the host's is served as such.
    ///
    /// # Errors
    ///
    /// Those of the file, if it does not tell what it is; those of the system, if it cannot be appended to.
    pub(crate) fn given(file: Box<dyn file::File>, flags: Fdflags) -> Result<Self, Errno> {
        // A box has a type, too; what is asked for is that of its content.
        if !(*file).as_any().is::<HostFile>() {
            return Ok(OpenFile::Own(OwnFile::new(file, flags)?));
        }
        let mut file = file.into_any().downcast::<HostFile>().map_err(|_| Errno::Io)?;
        if flags.contains(Fdflags::APPEND) {
            file.set_append(flags)?;
        }
        Ok(OpenFile::Host(*file))
    }

    /// Is there no place to seek to, as far as the guest is told?
    pub(crate) fn lacks_places(&self) -> bool {
        match self {
            OpenFile::Host(file) => file.lacks_places(),
            OpenFile::Own(file) => file.lacks_places(),
            OpenFile::Stream(_) | OpenFile::Socket(_) => true,
        }
    }
}

/// Runs `$call` on what is open, whichever it is.
macro_rules! each {
    ($open:expr, $file:ident => $call:expr) => {
        match $open {
            OpenFile::Host($file) => $call,
            OpenFile::Own($file) => $call,
            OpenFile::Stream($file) => $call,
            OpenFile::Socket($file) => $call,
        }
    };
}

impl FileDescription for OpenFile {
    #[inline]
    fn filetype(&self) -> Filetype {
        each!(self, file => file.filetype())
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        each!(self, file => file.filestat())
    }

    #[inline]
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        each!(self, file => file.read(buffers, at, wait))
    }

    #[inline]
    fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        each!(self, file => file.write(buffers, at, wait))
    }

    #[inline]
    fn start(&mut self, at: At) -> Result<u64, Errno> {
        each!(self, file => file.start(at))
    }

    #[inline]
    fn hole(&mut self, start: u64) -> Result<u64, Errno> {
        each!(self, file => file.hole(start))
    }

    #[inline]
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        each!(self, file => file.seek(to))
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        each!(self, file => file.set_size(size))
    }

    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        each!(self, file => file.allocate(offset, len))
    }

    fn set_times(&mut self, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
        each!(self, file => file.set_times(atim, mtim))
    }

    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        each!(self, file => file.sync(data_only))
    }

    fn advise(&mut self, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        each!(self, file => file.advise(offset, len, advice))
    }

    fn set_append(&mut self, flags: Fdflags) -> Result<(), Errno> {
        each!(self, file => file.set_append(flags))
    }

    fn socket(&self) -> Option<Connected<'_>> {
        each!(self, file => file.socket())
    }

    fn os_handle(&self, interest: Interest) -> Option<OsHandle<'_>> {
        each!(self, file => file.os_handle(interest))
    }

    fn available(&self) -> u64 {
        each!(self, file => file.available())
    }
}

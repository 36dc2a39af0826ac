//! Streams that need nothing of the system: bytes, nothing, a reader or a writer of the host's, and two sinks in one.

use super::total;
use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{Interest, OsHandle, Wait};
use std::io::{self, Cursor, IoSlice, IoSliceMut, Read, Write};

/// Input from memory.
pub(super) struct Bytes(Cursor<Vec<u8>>);

impl Bytes {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Bytes(Cursor::new(bytes))
    }
}

impl FileDescription for Bytes {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Ok(self.0.read_vectored(buffers).map_err(Errno::from)?)
    }

    fn write(&mut self, _: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    fn available(&self) -> u64 {
        let len = u64::try_from(self.0.get_ref().len()).unwrap_or(u64::MAX);
        len.saturating_sub(self.0.position())
    }
}

/// Input from a reader of the host's, which is asked when the guest asks.
pub(super) struct Polled(pub(super) Box<dyn Read + Send>);

impl FileDescription for Polled {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        loop {
            wait.interrupt.check()?;
            match self.0.read_vectored(buffers) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A reader that counts wrong must not have the guest take for read what is not there.
                other => return Ok(other.map_err(Errno::from)?.min(total(buffers))),
            }
        }
    }

    fn write(&mut self, _: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    /// Nobody knows, and none would mean the end.
    fn available(&self) -> u64 {
        1
    }
}

/// Output that goes nowhere.
pub(super) struct Discard;

impl FileDescription for Discard {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, _: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Ok(total(buffers))
    }
}

/// Output to a writer of the host's, flushed by `fd_sync`.
pub(super) struct Writer(pub(super) Box<dyn Write + Send>);

impl FileDescription for Writer {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, _: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        loop {
            match self.0.write_vectored(buffers) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => wait.interrupt.check()?,
                // A writer that counts wrong must not have the guest skip what it never passed.
                other => return Ok(other.map_err(Errno::from)?.min(total(buffers))),
            }
        }
    }

    fn sync(&mut self, _: bool) -> Result<(), Errno> {
        Ok(self.0.flush()?)
    }
}

impl Drop for Writer {
    /// A guest has no way to flush what the host buffers, and ends without a word.
    fn drop(&mut self) {
        let _ = self.0.flush();
    }
}

/// Output to two sinks, the first of which is the guest's.
pub(super) struct Tee {
    pub(super) first: Box<dyn FileDescription>,
    pub(super) second: Box<dyn FileDescription>,
}

impl FileDescription for Tee {
    fn filetype(&self) -> Filetype {
        self.first.filetype()
    }

    fn read(&mut self, _: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    /// What the first took cannot be taken back, so only a trap of the second concerns the guest.
    fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize> {
        let count = self.first.write(buffers, at, wait)?;
        let mut left = count;
        let wait = Wait { nonblock: false, ..wait };
        for buffer in buffers {
            let mut rest = buffer.get(..left).unwrap_or(buffer);
            left -= rest.len();
            while !rest.is_empty() {
                match self.second.write(&[IoSlice::new(rest)], at, wait) {
                    Ok(0) | Err(Error::Errno(_)) => return Ok(count),
                    Ok(more) => rest = rest.get(more..).unwrap_or_default(),
                    Err(trap) => return Err(trap),
                }
            }
        }
        Ok(count)
    }

    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        // Whatever becomes of it is no business of the guest's.
        let _ = self.second.sync(data_only);
        self.first.sync(data_only)
    }

    fn os_handle(&self, interest: Interest) -> Option<OsHandle<'_>> {
        self.first.os_handle(interest)
    }
}

//! Pipes between a host and its guest.

use super::poll::OsHandle;
use super::{calls, stream};
use crate::abi::Filetype;
use crate::error::Result;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{Interest, Wait};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};

/// A pipe: the end to read from and the end to write to, which child processes do not inherit. Rust's own needs 1.87.
pub(crate) fn pipe() -> io::Result<(File, File)> {
    calls::pipe()
}

/// The guest's end of a pipe.
pub(crate) struct PipeEnd(File);

impl PipeEnd {
    /// # Errors
    ///
    /// None: a pipe of Windows is taken as it is.
    pub(crate) fn new(end: File) -> io::Result<Self> {
        Ok(PipeEnd(end))
    }
}

impl FileDescription for PipeEnd {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        stream::read(&self.0, buffers, wait)
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        stream::write(&self.0, buffers, wait)
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(stream::os_handle(&self.0))
    }

    fn available(&self) -> u64 {
        stream::os_handle(&self.0).available()
    }
}

//! Pipes between a host and its guest.

use super::beyond;
use super::poll::OsHandle;
use super::quiet;
use crate::abi::Filetype;
use crate::error::Result;
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::{self, Interest, Wait};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};

/// A pipe: the end to read from and the end to write to, which child processes do not inherit. Rust's own needs 1.87.
pub(crate) fn pipe() -> io::Result<(File, File)> {
    let (reader, writer) = beyond::pipe()?;
    Ok((reader.into(), writer.into()))
}

/// The guest's end of a pipe. Its flags are ours to change: the other end has its own.
pub(crate) struct PipeEnd(OwnedFd);

impl PipeEnd {
    pub(crate) fn new(end: impl Into<OwnedFd>) -> io::Result<Self> {
        let end = end.into();
        rustix::io::ioctl_fionbio(&end, true)?;
        Ok(PipeEnd(end))
    }
}

impl FileDescription for PipeEnd {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        poll::retry_when_ready(OsHandle::new(&self.0), Interest::Read, wait, || {
            Ok(rustix::io::readv(&self.0, buffers)?)
        })
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        poll::retry_when_ready(OsHandle::new(&self.0), Interest::Write, wait, || {
            Ok(quiet::write(self.0.as_fd(), false, buffers)?)
        })
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(OsHandle::new(&self.0))
    }

    fn available(&self) -> u64 {
        OsHandle::new(&self.0).available()
    }
}

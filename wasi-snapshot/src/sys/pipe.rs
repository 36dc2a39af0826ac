//! Pipes between a host and its guest.

use super::description::{At, FileDescription};
use super::poll::{self, Interest, OsHandle, Wait};
use super::quiet;
use crate::abi::Filetype;
use crate::error::Result;
use std::io::{self, IoSlice, IoSliceMut, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::thread;

/// The guest's end of a pipe. Its flags are ours to change: the other end has its own.
pub(crate) struct PipeEnd(OwnedFd);

impl PipeEnd {
    pub(crate) fn new(end: impl Into<OwnedFd>) -> io::Result<Self> {
        let end = end.into();
        rustix::io::ioctl_fionbio(&end, true)?;
        Ok(PipeEnd(end))
    }

    /// A pipe that a thread fills from `reader`: unlike the reader, it can be polled, and a wait for it
    /// can be interrupted. The thread ends with the reader, or when it writes after the guest has gone.
    pub(crate) fn fed_by(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let (ours, mut theirs) = io::pipe()?;
        thread::Builder::new().name("guest-stdin".to_owned()).spawn(move || {
            // A reader that fails has no more to give, and a closed pipe has nobody to take it.
            let _ = io::copy(&mut reader, &mut theirs);
        })?;
        PipeEnd::new(ours)
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

//! Pipes between a host and its guest.

use super::description::{At, FileDescription};
use super::poll::{self, Interest, OsHandle, Wait};
use super::quiet;
use crate::abi::Filetype;
use crate::error::Result;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::thread;

/// A pipe: the end to read from and the end to write to, which child processes do not inherit. Rust's own needs 1.87.
pub(crate) fn pipe() -> io::Result<(File, File)> {
    #[cfg(not(target_vendor = "apple"))]
    let (reader, writer) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    // Here no call does both at once, for Rust's own neither.
    #[cfg(target_vendor = "apple")]
    let (reader, writer) = nix::unistd::pipe()?;
    #[cfg(target_vendor = "apple")]
    for end in [&reader, &writer] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
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

    /// A pipe that a thread fills from `reader`: unlike the reader, it can be polled, and a wait for it
    /// can be interrupted. The thread ends with the reader, or when it writes after the guest has gone.
    pub(crate) fn fed_by(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let (ours, mut theirs) = pipe()?;
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

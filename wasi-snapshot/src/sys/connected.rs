//! Connected stream sockets, borrowed for one call.

use super::poll::{self, Interest, OsHandle, Wait};
use super::quiet;
use crate::abi::{Riflags, Sdflags};
use crate::errno::Errno;
use crate::error::{Error, Result};
use rustix::io::Errno as Os;
use rustix::net::{RecvFlags, SendFlags, Shutdown};
use std::io::IoSlice;
use std::os::fd::BorrowedFd;

/// A connected stream socket, which may be shared with others: nothing depends on its flags, and none is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connected<'a>(BorrowedFd<'a>);

impl<'a> Connected<'a> {
    pub(super) fn new(fd: BorrowedFd<'a>) -> Self {
        Connected(fd)
    }

    /// Receives into `buffer` once; with `waitall` until it is full, or the stream ends.
    pub(crate) fn recv(self, buffer: &mut [u8], flags: Riflags, wait: Wait<'_>) -> Result<usize> {
        let mut how = RecvFlags::DONTWAIT;
        how.set(RecvFlags::PEEK, flags.contains(Riflags::RECV_PEEK));
        // With non-blocking calls the system would ignore its own flag for this, so it is done here; what
        // is only peeked at would come again and again, so that is done once.
        let all = flags.contains(Riflags::RECV_WAITALL) && !flags.contains(Riflags::RECV_PEEK);
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let received = self.transfer(Interest::Read, wait, |fd| {
                rustix::net::recv(fd, &mut *rest, how).map(|(count, _)| count)
            });
            match received {
                Ok(0) => break,
                Ok(count) => filled += count,
                // What has arrived is not lost.
                Err(Error::Errno(_)) if filled > 0 => break,
                Err(error) => return Err(error),
            }
            if !all {
                break;
            }
        }
        Ok(filled)
    }

    /// Sends what there is room for.
    pub(crate) fn send(self, buffers: &[IoSlice<'_>], wait: Wait<'_>) -> Result<usize> {
        self.transfer(Interest::Write, wait, |fd| quiet::send(fd, buffers, SendFlags::DONTWAIT))
    }

    pub(crate) fn shutdown(self, how: Sdflags) -> Result<(), Errno> {
        let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        Ok(rustix::net::shutdown(self.0, how)?)
    }

    /// Tries, and waits only if there is nothing to transfer yet.
    fn transfer(
        self,
        interest: Interest,
        wait: Wait<'_>,
        mut transfer: impl FnMut(BorrowedFd<'a>) -> rustix::io::Result<usize>,
    ) -> Result<usize> {
        loop {
            match transfer(self.0) {
                Ok(count) => return Ok(count),
                Err(Os::AGAIN) => poll::ready(OsHandle::new(&self.0), interest, wait)?,
                Err(Os::INTR) => wait.interrupt.check()?,
                Err(error) => return Err(Errno::from(error).into()),
            }
        }
    }
}

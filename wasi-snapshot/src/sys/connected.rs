//! Connected stream sockets, borrowed for one call.

use super::poll::{self, Interest, Wait};
use super::system::socket::SocketRef;
use crate::abi::{Riflags, Sdflags};
use crate::errno::Errno;
use crate::error::{Error, Result};
use std::io::{self, IoSlice};
use std::net::Shutdown;

/// A connected stream socket, which may be shared with others: nothing depends on its flags, and none is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connected<'a>(SocketRef<'a>);

impl<'a> Connected<'a> {
    pub(super) fn new(socket: SocketRef<'a>) -> Self {
        Connected(socket)
    }

    /// Receives into `buffer` once; with `waitall` until it is full, or the stream ends.
    pub(crate) fn recv(self, buffer: &mut [u8], flags: Riflags, wait: Wait<'_>) -> Result<usize> {
        let peek = flags.contains(Riflags::RECV_PEEK);
        // With non-blocking calls the system would ignore its own flag for this, so it is done here; what
        // is only peeked at would come again and again, so that is done once.
        let all = flags.contains(Riflags::RECV_WAITALL) && !peek;
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let received = self.transfer(Interest::Read, wait, |socket| socket.recv(rest, peek));
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
        self.transfer(Interest::Write, wait, |socket| socket.send(buffers))
    }

    pub(crate) fn shutdown(self, how: Sdflags) -> Result<(), Errno> {
        let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        Ok(self.0.shutdown(how)?)
    }

    /// Tries, and waits only if there is nothing to transfer yet.
    fn transfer(
        self,
        interest: Interest,
        wait: Wait<'_>,
        mut transfer: impl FnMut(SocketRef<'a>) -> io::Result<usize>,
    ) -> Result<usize> {
        loop {
            match transfer(self.0) {
                Ok(count) => return Ok(count),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => poll::ready(self.0.os_handle(), interest, wait)?,
                    io::ErrorKind::Interrupted => wait.interrupt.check()?,
                    _ => return Err(Errno::from(error).into()),
                },
            }
        }
    }
}

//! Sockets: listeners that the embedder opened, and the connections that a guest accepts on them.

use super::poll::{self, Interest, OsHandle};
use super::{quiet, rlimits};
use crate::abi::{Filetype, Riflags, Sdflags};
use crate::errno::Errno;
use crate::error::Result;
use crate::file::{At, File, Wait};
use rustix::io::Errno as Os;
use rustix::net::{RecvFlags, SendFlags, Shutdown};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};

/// A listening socket for a guest: TCP, or on Unix a Unix socket.
///
/// Handing it over makes it non-blocking, for everybody who shares it: a connection that vanishes between
/// polling and accepting must not hold the guest.
#[derive(Debug)]
pub struct Listener(OwnedFd);

impl From<std::net::TcpListener> for Listener {
    fn from(listener: std::net::TcpListener) -> Self {
        Listener(listener.into())
    }
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for Listener {
    fn from(listener: std::os::unix::net::UnixListener) -> Self {
        Listener(listener.into())
    }
}

/// A socket in the descriptor table.
#[derive(Debug)]
pub(crate) enum Socket {
    Listener(OwnedFd),
    Stream(Stream),
}

/// A connected stream socket.
#[derive(Debug)]
pub(crate) struct Stream(OwnedFd);

impl Socket {
    pub(crate) fn listen(listener: Listener) -> std::io::Result<Self> {
        rustix::io::ioctl_fionbio(&listener.0, true)?;
        Ok(Socket::Listener(listener.0))
    }

    /// Waits for a connection and takes it.
    pub(crate) fn accept(&self, wait: Wait<'_>) -> Result<Socket> {
        let Socket::Listener(listener) = self else { return Err(Errno::Inval.into()) };
        loop {
            // A connection that cannot be kept stays in the queue.
            rlimits::spare(listener)?;
            match accept(listener) {
                Ok(stream) => return Ok(Socket::Stream(Stream(stream))),
                Err(Os::AGAIN) => poll::ready(OsHandle::new(listener), Interest::Read, wait)?,
                // The connection was gone before it could be taken; POSIX says to try again.
                Err(Os::INTR | Os::CONNABORTED) => wait.interrupt.check()?,
                Err(error) => return Err(Errno::from(error).into()),
            }
        }
    }

    /// The connected stream.
    ///
    /// # Errors
    ///
    /// `notconn` for a listener.
    pub(crate) fn stream(&mut self) -> Result<&mut Stream, Errno> {
        match self {
            Socket::Listener(_) => Err(Errno::Notconn),
            Socket::Stream(stream) => Ok(stream),
        }
    }

    pub(crate) fn os_handle(&self) -> OsHandle<'_> {
        match self {
            Socket::Listener(fd) | Socket::Stream(Stream(fd)) => OsHandle::new(fd),
        }
    }
}

/// Accepts a connection that no child process inherits.
fn accept(listener: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        rustix::net::accept_with(listener, rustix::net::SocketFlags::CLOEXEC)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let stream = rustix::net::accept(listener)?;
        rustix::io::fcntl_setfd(&stream, rustix::io::FdFlags::CLOEXEC)?;
        Ok(stream)
    }
}

impl Stream {
    /// Receives into `buffer` once; with `waitall` until it is full, or the stream ends.
    pub(crate) fn recv(&mut self, buffer: &mut [u8], flags: Riflags, wait: Wait<'_>) -> Result<usize> {
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
                Err(crate::error::Error::Errno(_)) if filled > 0 => break,
                Err(error) => return Err(error),
            }
            if !all {
                break;
            }
        }
        Ok(filled)
    }

    pub(crate) fn shutdown(&mut self, how: Sdflags) -> Result<(), Errno> {
        let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        Ok(rustix::net::shutdown(&self.0, how)?)
    }

    /// Tries, and waits only if there is nothing to transfer yet.
    fn transfer(
        &self,
        interest: Interest,
        wait: Wait<'_>,
        mut transfer: impl FnMut(&OwnedFd) -> rustix::io::Result<usize>,
    ) -> Result<usize> {
        loop {
            match transfer(&self.0) {
                Ok(count) => return Ok(count),
                Err(Os::AGAIN) => poll::ready(OsHandle::new(&self.0), interest, wait)?,
                Err(Os::INTR) => wait.interrupt.check()?,
                Err(error) => return Err(Errno::from(error).into()),
            }
        }
    }
}

impl File for Stream {
    fn filetype(&self) -> Filetype {
        Filetype::SocketStream
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        match buffers.first_mut() {
            // A short read is always allowed, and saves building a message header for the rest.
            Some(first) => self.recv(first, Riflags::empty(), wait),
            None => Ok(0),
        }
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        self.transfer(Interest::Write, wait, |fd| quiet::send(fd.as_fd(), buffers, SendFlags::DONTWAIT))
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(OsHandle::new(&self.0))
    }

    fn available(&self) -> u64 {
        OsHandle::new(&self.0).available()
    }
}

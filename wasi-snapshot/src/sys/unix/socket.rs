//! Stream sockets, none of whose transfers waits.

use super::poll::OsHandle;
use super::{beyond, quiet, rlimits};
use crate::errno::Errno;
use crate::sys::net::Listener;
use rustix::net::{RecvFlags, SendFlags};
use std::io::{self, IoSlice};
use std::net::{Shutdown, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Listener::new(OwnedSocket(listener.into()))
    }
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Listener::new(OwnedSocket(listener.into()))
    }
}

/// A socket that is closed when this is dropped.
#[derive(Debug)]
pub(crate) struct OwnedSocket(OwnedFd);

impl OwnedSocket {
    pub(crate) fn borrow(&self) -> SocketRef<'_> {
        SocketRef(self.0.as_fd())
    }

    /// Has accepting not wait, for all who share the socket.
    ///
    /// # Errors
    ///
    /// Whatever the system has against it.
    pub(crate) fn set_nonblocking(&self) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.0, true)?)
    }
}

/// A socket, borrowed for one call. Others may share it: nothing depends on its flags, and none is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketRef<'a>(BorrowedFd<'a>);

impl<'a> SocketRef<'a> {
    pub(super) fn new(fd: BorrowedFd<'a>) -> Self {
        SocketRef(fd)
    }

    pub(crate) fn os_handle(self) -> OsHandle<'a> {
        OsHandle::of(self.0)
    }

    /// Asks before a connection is accepted whether there is a descriptor for it.
    ///
    /// # Errors
    ///
    /// `nfile` if none is left for a guest, or `mfile` for anybody.
    pub(crate) fn spare(self) -> Result<(), Errno> {
        rlimits::spare(self.0)
    }

    /// Takes a connection, which no child process inherits. The socket must have been set not to wait.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none, `ConnectionAborted` if it was gone first, and whatever the system says.
    pub(crate) fn accept(self) -> io::Result<OwnedSocket> {
        Ok(OwnedSocket(beyond::accept(self.0)?))
    }

    /// Receives what is there, and with `peek` leaves it there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is nothing, and whatever the system says.
    pub(crate) fn recv(self, buffer: &mut [u8], peek: bool) -> io::Result<usize> {
        let mut how = RecvFlags::DONTWAIT;
        how.set(RecvFlags::PEEK, peek);
        let (count, _) = rustix::net::recv(self.0, buffer, how)?;
        Ok(count)
    }

    /// Sends what there is room for, without a signal for the host.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, and whatever the system says.
    pub(crate) fn send(self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(quiet::send(self.0, buffers, SendFlags::DONTWAIT)?)
    }

    /// Ends one direction or both.
    ///
    /// # Errors
    ///
    /// Whatever the system says, such as that it is connected no more.
    pub(crate) fn shutdown(self, how: Shutdown) -> io::Result<()> {
        let how = match how {
            Shutdown::Both => rustix::net::Shutdown::Both,
            Shutdown::Read => rustix::net::Shutdown::Read,
            Shutdown::Write => rustix::net::Shutdown::Write,
        };
        Ok(rustix::net::shutdown(self.0, how)?)
    }
}

//! Stream sockets, by the standard library. None of their transfers waits, since each socket is set so when it is ours.

use super::poll::OsHandle;
use crate::errno::Errno;
use crate::sys::net::Listener;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::windows::io::AsSocket;

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Listener::new(OwnedSocket::Listener(listener))
    }
}

/// A socket that is closed when this is dropped. The system has no other kind of stream sockets that a guest could have.
#[derive(Debug)]
pub(crate) enum OwnedSocket {
    Listener(TcpListener),
    Stream(TcpStream),
}

impl OwnedSocket {
    pub(crate) fn borrow(&self) -> SocketRef<'_> {
        match self {
            OwnedSocket::Listener(listener) => SocketRef::Listener(listener),
            OwnedSocket::Stream(stream) => SocketRef::Stream(stream),
        }
    }

    /// Has accepting not wait, for all who share the socket.
    ///
    /// # Errors
    ///
    /// Whatever the system has against it.
    pub(crate) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            OwnedSocket::Listener(listener) => listener.set_nonblocking(true),
            OwnedSocket::Stream(stream) => stream.set_nonblocking(true),
        }
    }
}

/// A socket, borrowed for one call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SocketRef<'a> {
    Listener(&'a TcpListener),
    Stream(&'a TcpStream),
}

impl<'a> SocketRef<'a> {
    pub(crate) fn os_handle(self) -> OsHandle<'a> {
        OsHandle::Socket(match self {
            SocketRef::Listener(listener) => listener.as_socket(),
            SocketRef::Stream(stream) => stream.as_socket(),
        })
    }

    /// Handles have no limit that guests could have the host run into.
    ///
    /// # Errors
    ///
    /// None.
    pub(crate) fn spare(self) -> Result<(), Errno> {
        Ok(())
    }

    fn stream(self) -> io::Result<&'a TcpStream> {
        match self {
            SocketRef::Listener(_) => Err(io::ErrorKind::NotConnected.into()),
            SocketRef::Stream(stream) => Ok(stream),
        }
    }

    /// Takes a connection, which no child process inherits. The socket must have been set not to wait.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none, and whatever the system says.
    pub(crate) fn accept(self) -> io::Result<OwnedSocket> {
        let SocketRef::Listener(listener) = self else { return Err(io::ErrorKind::InvalidInput.into()) };
        let accepted = OwnedSocket::Stream(listener.accept()?.0);
        accepted.set_nonblocking()?;
        Ok(accepted)
    }

    /// Receives what is there, and with `peek` leaves it there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is nothing, and whatever the system says.
    pub(crate) fn recv(self, buffer: &mut [u8], peek: bool) -> io::Result<usize> {
        let mut stream = self.stream()?;
        if peek { stream.peek(buffer) } else { stream.read(buffer) }
    }

    /// Sends what there is room for.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, and whatever the system says.
    pub(crate) fn send(self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream()?.write_vectored(buffers)
    }

    /// Ends one direction or both.
    ///
    /// # Errors
    ///
    /// Whatever the system says, such as that it is connected no more.
    pub(crate) fn shutdown(self, how: Shutdown) -> io::Result<()> {
        self.stream()?.shutdown(how)
    }
}

//! Sockets: listeners that the embedder opened, and the connections that a guest accepts on them.

use super::connected::Connected;
use super::description::{At, FileDescription};
use super::poll::{self, Interest, OsHandle, Wait};
use super::system::socket::{OwnedSocket, SocketRef};
use crate::abi::{Fd, Fdflags, Filetype, Riflags};
use crate::errno::Errno;
use crate::error::Result;
use std::io::{self, IoSlice, IoSliceMut};

/// A listening socket for a guest: TCP, or on Unix a Unix socket.
///
/// Handing it over makes it non-blocking, for everybody who shares it: a connection that vanishes between
/// polling and accepting must not hold the guest. The guest's own descriptor is another matter: servers in C wait in
/// `accept`, and those of Go stop as a whole if that waits. So unless it is said, the descriptor is non-blocking for
/// guests that have asked, by reading its flags or polling it, and waits for those that have not.
///
/// ```
/// use std::net::TcpListener;
/// use wasi_snapshot::{Listener, WasiCtx};
///
/// let listener = Listener::from(TcpListener::bind("127.0.0.1:0")?).at(7).nonblocking(false);
/// let ctx = WasiCtx::builder().preopen_listener(listener).build()?;
/// # drop(ctx);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Listener {
    socket: OwnedSocket,
    /// The number that was chosen for the guest.
    at: Option<Fd>,
    nonblock: Option<bool>,
}

impl Listener {
    pub(super) fn new(socket: OwnedSocket) -> Self {
        Listener { socket, at: None, nonblock: None }
    }

    /// Its number is to be `fd`. Those below 3 are the standard streams', and the next ones those of the directories.
    #[must_use]
    pub fn at(mut self, fd: u32) -> Self {
        self.at = Some(fd);
        self
    }

    /// With `true`, accepting gives `again` if there is no connection, until the guest unsets `nonblock` itself; with
    /// `false`, it waits for one, until the guest sets the flag.
    #[must_use]
    pub fn nonblocking(mut self, nonblock: bool) -> Self {
        self.nonblock = Some(nonblock);
        self
    }

    /// The number that was chosen.
    pub(crate) fn number(&self) -> Option<Fd> {
        self.at
    }
}

/// A socket in the descriptor table.
#[derive(Debug)]
pub(crate) enum Socket {
    Listener(Listening),
    Stream(Connection),
}

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Listening {
    socket: OwnedSocket,
    /// Its flag says that it does not wait, but nobody has looked.
    unasked: bool,
}

/// A connected stream socket.
#[derive(Debug)]
pub(crate) struct Connection(OwnedSocket);

impl Socket {
    /// Takes a listener over, with the flags that its descriptor starts with.
    ///
    /// # Errors
    ///
    /// What the system has against its not waiting.
    pub(crate) fn listen(listener: Listener) -> io::Result<(Self, Fdflags)> {
        let Listener { socket, nonblock, at: _ } = listener;
        socket.set_nonblocking()?;
        let flags = if nonblock == Some(false) { Fdflags::empty() } else { Fdflags::NONBLOCK };
        Ok((Socket::Listener(Listening { socket, unasked: nonblock.is_none() }), flags))
    }

    /// Would the guest be surprised by a call that does not wait, since it has not asked for the flags?
    pub(crate) fn is_unasked(&self) -> bool {
        matches!(self, Socket::Listener(Listening { unasked: true, .. }))
    }

    /// The guest asks how the socket waits, or says it.
    pub(crate) fn ask(&mut self) {
        if let Socket::Listener(listening) = self {
            listening.unasked = false;
        }
    }

    /// Waits for a connection and takes it.
    pub(crate) fn accept(&self, wait: Wait<'_>) -> Result<Socket> {
        let Socket::Listener(Listening { socket, .. }) = self else { return Err(Errno::Inval.into()) };
        let listener = socket.borrow();
        loop {
            // A connection that cannot be kept stays in the queue.
            listener.spare()?;
            match listener.accept() {
                Ok(stream) => return Ok(Socket::Stream(Connection(stream))),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => poll::ready(listener.os_handle(), Interest::Read, wait)?,
                    // The connection was gone before it could be taken, which Windows calls a reset; POSIX says to try again.
                    io::ErrorKind::Interrupted
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::ConnectionReset => wait.interrupt.check()?,
                    _ => return Err(Errno::from(error).into()),
                },
            }
        }
    }

    /// The connected stream.
    ///
    /// # Errors
    ///
    /// `notconn` for a listener.
    pub(crate) fn connected(&self) -> Result<Connected<'_>, Errno> {
        match self {
            Socket::Listener(_) => Err(Errno::Notconn),
            Socket::Stream(Connection(socket)) => Ok(Connected::new(socket.borrow())),
        }
    }

    fn socket_ref(&self) -> SocketRef<'_> {
        match self {
            Socket::Listener(Listening { socket, .. }) | Socket::Stream(Connection(socket)) => {
                socket.borrow()
            }
        }
    }
}

impl FileDescription for Socket {
    fn filetype(&self) -> Filetype {
        Filetype::SocketStream
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        let stream = self.connected()?;
        match buffers.first_mut() {
            // A short read is always allowed, and saves building a message header for the rest.
            Some(first) => stream.recv(first, Riflags::empty(), wait),
            None => Ok(0),
        }
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, wait: Wait<'_>) -> Result<usize> {
        self.connected()?.send(buffers, wait)
    }

    fn socket(&self) -> Option<Connected<'_>> {
        self.connected().ok()
    }

    fn os_handle(&self, _: Interest) -> Option<OsHandle<'_>> {
        Some(self.socket_ref().os_handle())
    }

    fn available(&self) -> u64 {
        self.socket_ref().os_handle().available()
    }
}

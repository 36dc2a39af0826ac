//! A connection to a server, and how one is made.

#[cfg(feature = "tls")]
mod tls;

#[cfg(feature = "tls")]
pub(crate) use tls::Tls;

use crate::address::Server;
use crate::bounds::Bounds;
use crate::pool::Place;
use crate::trouble::Trouble;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use wasi_nn::{Cancel, Error, ErrorKind};

/// Bytes that are read at once, unless they go straight to their place.
const BUFFER: usize = 16 << 10;

/// How often somebody who waits looks whether to go on.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// How long a system may take to find a host, or to connect to one address of it.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection, with bytes that were read ahead.
pub(crate) struct Connection {
    socket: Arc<TcpStream>,
    shut: Cancel,
    line: Line,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Whether the server has answered on it before.
    pub(crate) is_kept: bool,
}

/// What the bytes go through.
enum Line {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Box<rustls::ClientConnection>),
}

impl Connection {
    /// Connects on a thread of its own, since neither looking a host up nor connecting can be stopped; the caller waits no
    /// longer than its bounds say. The thread has the place until it ends.
    pub(crate) fn open(
        server: &Arc<Server>,
        bounds: &Bounds<'_>,
        place: Place,
    ) -> Result<(Self, Place), Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let of_thread = Arc::clone(server);
        let connect = move || {
            // Whoever asked may have gone.
            let _ = sender.send(connect(&of_thread).map(|socket| (socket, place)));
        };
        thread::Builder::new()
            .name("nn-remote-connect".to_owned())
            .spawn(connect)
            .map_err(|error| Error::new(ErrorKind::Busy, format!("no thread to connect with: {error}")))?;
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(Ok((socket, place))) => return Ok((Connection::new(socket), place)),
                Ok(Err(error)) => return Err(Trouble::Connect(error).at(server)),
                Err(RecvTimeoutError::Timeout) => bounds.check(server)?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::runtime("the thread that connects has ended"));
                }
            }
        }
    }

    fn new(socket: TcpStream) -> Self {
        let socket = Arc::new(socket);
        let of_watch = Arc::clone(&socket);
        Connection {
            shut: Arc::new(move || {
                // It may be shut already.
                let _ = of_watch.shutdown(Shutdown::Both);
            }),
            socket,
            line: Line::Plain,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
            is_kept: false,
        }
    }

    /// Goes on with https.
    #[cfg(feature = "tls")]
    pub(crate) fn secure(&mut self, tls: &Tls, host: &str) -> Result<(), Trouble> {
        let session = tls.handshake(host, &self.socket)?;
        self.line = Line::Tls(Box::new(session));
        Ok(())
    }

    /// Shuts the socket, so that whoever reads from it or writes to it goes on.
    pub(crate) fn shut(&self) -> &Cancel {
        &self.shut
    }

    /// Whether the server has neither ended it nor said anything that nobody asked for.
    pub(crate) fn is_open(&self) -> bool {
        if self.start != self.end || self.socket.set_nonblocking(true).is_err() {
            return false;
        }
        let peeked = self.socket.peek(&mut [0]);
        let is_quiet = matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        is_quiet && self.socket.set_nonblocking(false).is_ok()
    }

    /// Writes all of it, and says how much was written if that fails.
    pub(crate) fn send(&mut self, mut bytes: &[u8]) -> Result<(), (usize, io::Error)> {
        let len = bytes.len();
        while !bytes.is_empty() {
            let written = match self.write(bytes) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                written => written,
            };
            match written {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((len.saturating_sub(bytes.len()), error)),
            }
        }
        Ok(())
    }

    /// Sends what encryption holds back.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.line {
            Line::Plain => Ok(()),
            #[cfg(feature = "tls")]
            Line::Tls(session) => rustls::Stream::new(session.as_mut(), &mut &*self.socket).flush(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut socket = &*self.socket;
        match &mut self.line {
            Line::Plain => socket.write(bytes),
            #[cfg(feature = "tls")]
            Line::Tls(session) => rustls::Stream::new(session.as_mut(), &mut socket).write(bytes),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, Trouble> {
        let mut socket = &*self.socket;
        loop {
            let read = match &mut self.line {
                Line::Plain => socket.read(into),
                #[cfg(feature = "tls")]
                Line::Tls(session) => rustls::Stream::new(session.as_mut(), &mut socket).read(into),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                read => return read.map_err(Trouble::Broken),
            }
        }
    }

    /// The bytes that were read ahead.
    pub(crate) fn ahead(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes some of those away.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// Reads ahead, if nothing was. Gives how many bytes there are then: none at the end of the connection.
    pub(crate) fn fill(&mut self) -> Result<usize, Trouble> {
        if self.start == self.end {
            let mut buffer = std::mem::take(&mut self.buffer);
            let read = self.read(&mut buffer);
            self.buffer = buffer;
            (self.start, self.end) = (0, read?);
        }
        Ok(self.end.saturating_sub(self.start))
    }

    /// Reads some bytes, at most as many as fit. None are there at the end of the connection.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> Result<usize, Trouble> {
        if self.start == self.end && into.len() >= BUFFER {
            return self.read(into);
        }
        let count = self.fill()?.min(into.len());
        if let (Some(into), Some(ahead)) = (into.get_mut(..count), self.ahead().get(..count)) {
            into.copy_from_slice(ahead);
        }
        self.consume(count);
        Ok(count)
    }
}

/// Tries one address of the host after the other.
fn connect(server: &Server) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (server.host.as_str(), server.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(socket) => {
                // Whole requests are written at once; waiting for more would only cost time.
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

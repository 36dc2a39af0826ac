//! The builder of the backend for one server.

use crate::Remote;
use crate::address::Server;
use crate::client::Client;
#[cfg(feature = "tls")]
use crate::connection::Tls;
use crate::pool::Pool;
use crate::token::Token;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;
use wasi_nn::Error;

/// Builds a [`Remote`].
#[derive(Clone, Debug)]
#[must_use = "it is the backend once it is built"]
pub struct RemoteBuilder {
    name: String,
    url: String,
    connections: NonZeroUsize,
    timeout: Duration,
    max_response: u64,
    token: Option<PathBuf>,
    roots: Option<PathBuf>,
}

impl RemoteBuilder {
    pub(super) fn new(url: String) -> Self {
        RemoteBuilder {
            name: "remote".to_owned(),
            url,
            connections: const { NonZeroUsize::new(8).unwrap() },
            timeout: Duration::from_secs(60),
            max_response: 64 << 20,
            token: None,
            roots: None,
        }
    }

    /// Its name among the backends of a registry, by which graphs choose it: `remote`, unless there are several servers.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How many connections there are at most, and so many computations at once: 8, unless this says otherwise. Further
    /// ones wait. All stay open between calls.
    pub fn connections(mut self, connections: NonZeroUsize) -> Self {
        self.connections = connections;
        self
    }

    /// How long a call may take, with waiting and connecting: a minute, unless this says otherwise. What bounds the guest's
    /// call, [`Limits::compute_time`](wasi_nn::Limits::compute_time), may be less.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bytes of an answer, and of its tensors: 64 MiB, unless this says otherwise.
    pub fn max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// A file with a bearer token, which goes to this server with every request, and appears nowhere else.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token = Some(path.into());
        self
    }

    /// A file of PEM with certificates of authorities that are trusted beside those of the system, for https.
    pub fn root_certificates(mut self, path: impl Into<PathBuf>) -> Self {
        self.roots = Some(path.into());
        self
    }

    /// Checks what was said, and reads the files. The server is not asked for anything yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](wasi_nn::ErrorKind::InvalidArgument) for an address that is none, and for files without a
    /// token or a certificate; [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) for https without the feature `tls`.
    pub fn build(self) -> Result<Remote, Error> {
        let server = Server::parse(&self.url)?;
        let token = self.token.as_deref().map(Token::read).transpose()?;
        if token.is_some() && !server.is_tls && !server.is_local() {
            tracing::warn!(%server, "the token goes to the server without encryption");
        }
        let connections = self.connections.get();
        #[cfg(feature = "tls")]
        let pool = {
            let tls = if server.is_tls { Some(Tls::new(self.roots.as_deref())?) } else { None };
            Pool::new(server, connections, tls)
        };
        #[cfg(not(feature = "tls"))]
        let pool = {
            if server.is_tls {
                return Err(Error::unsupported(
                    "this build cannot speak https; build it with the feature `tls` (`nn-remote-tls` of wasi-facade)",
                ));
            }
            let _ = self.roots;
            Pool::new(server, connections)
        };
        Ok(Remote::new(self.name, Client::new(pool, self.timeout, self.max_response, token)))
    }
}

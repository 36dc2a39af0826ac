//! The troubles with a server, each in a few words that follow its address.

use crate::token::Token;
use std::io;
use wasi_nn::{Error, ErrorKind, Printable};

/// Characters of what a server says that an error shows.
const SHOWN: usize = 300;

/// What a server did, or what became of the connection to it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("cannot be reached: {0}")]
    Connect(io::Error),
    #[error("broke the connection off: {0}")]
    Broken(io::Error),
    #[error("ended the connection without an answer")]
    Silent,
    #[error("ended the connection in the middle of an answer")]
    Ended,
    #[error("sent what is no answer of HTTP/1.1: {0}")]
    Http(&'static str),
    #[error("answers with a redirection ({0}), which is not followed; give the address that it leads to")]
    Redirection(u16),
    #[error("answers with status {status}{text}")]
    Status { status: u16, text: String },
    #[error("sent an answer of more than {0} bytes; see `RemoteBuilder::max_response`")]
    TooLarge(u64),
    #[error("sent what is no answer of the Open Inference Protocol: {0}")]
    Protocol(String),
    #[cfg(feature = "tls")]
    #[error("cannot be trusted: {0}")]
    Tls(String),
}

impl Trouble {
    pub(crate) fn protocol(what: impl Into<String>) -> Self {
        Trouble::Protocol(what.into())
    }

    /// What the server says of an error, which is the text in `{"error": "..."}` or the whole body.
    pub(crate) fn status(status: u16, body: &[u8], token: Option<&Token>) -> Self {
        #[derive(serde::Deserialize)]
        struct Said {
            error: String,
        }
        let said = serde_json::from_slice(body).map(|Said { error }| error);
        let said = said.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
        let said = token.map_or(said.clone(), |token| token.hide(&said));
        let said = said.trim();
        let text =
            if said.is_empty() { String::new() } else { format!(": {}", Printable::at_most(said, SHOWN)) };
        Trouble::Status { status, text }
    }

    /// The error of a call to `endpoint`.
    pub(crate) fn at(self, endpoint: &dyn std::fmt::Display) -> Error {
        let kind = match self {
            Trouble::TooLarge(_) => ErrorKind::TooLarge,
            _ => ErrorKind::Runtime,
        };
        Error::new(kind, format!("the server of {endpoint} {self}"))
    }
}

/// What serde says of JSON that does not fit, without the values that it may repeat at any length.
pub(crate) fn json(error: &serde_json::Error) -> Trouble {
    Trouble::Protocol(Printable::at_most(&error.to_string(), SHOWN).to_string())
}

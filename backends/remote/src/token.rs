//! The secret by which a server knows the host. Nothing shows it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use wasi_nn::{Error, Printable};

/// Bytes of a token at most.
const MAX_LEN: u64 = 16 << 10;

/// A bearer token (RFC 6750).
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// Reads the token that a file has, with an end of line at most behind it.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |why: &dyn fmt::Display| {
            let path = path.display().to_string();
            Error::invalid_argument(format!(
                "no token can be read from {}: {why}",
                Printable::at_most(&path, 256)
            ))
        };
        let file = File::open(path).map_err(|error| wrong(&error))?;
        let mut text = String::new();
        file.take(MAX_LEN).read_to_string(&mut text).map_err(|error| wrong(&error))?;
        let token = text.trim_end_matches(['\r', '\n']);
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong(&"it has to be one word of visible ASCII"));
        }
        Ok(Token(token.to_owned()))
    }

    /// Adds the header of a request.
    pub(crate) fn write(&self, head: &mut Vec<u8>) {
        head.extend_from_slice(b"Authorization: Bearer ");
        head.extend_from_slice(self.0.as_bytes());
        head.extend_from_slice(b"\r\n");
    }

    /// Takes the token out of what a server says, which may repeat it.
    pub(crate) fn hide(&self, said: &str) -> String {
        said.replace(&self.0, "...")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(...)")
    }
}

//! What the command says when it cannot do what it was told, and how it exits.

use std::fmt::Display;
use std::io::Write;

/// Why the command ends without a guest's exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u32,
    message: String,
}

impl Failure {
    /// The command line asks for what cannot be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Failure { code: 2, message: message.to_string() }
    }

    /// Anything else.
    pub(crate) fn new(message: impl Display) -> Self {
        Failure { code: 1, message: message.to_string() }
    }

    /// Says it, and gives the exit code.
    pub(crate) fn report(self) -> u32 {
        complain(self.message);
        self.code
    }
}

impl From<wasi_facade::Error> for Failure {
    fn from(error: wasi_facade::Error) -> Self {
        Failure::new(error)
    }
}

/// Says something on standard error, if anybody listens.
pub(crate) fn complain(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "wasi: {message}");
}

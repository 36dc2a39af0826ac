//! The failures of the command: a message on standard error, and an exit code.

use crate::way_out;
use std::error::Error;
use std::fmt::{self, Display};
use std::io::Write;
use wasi_facade::policy::Printable;
use wasi_facade::snapshot::BuildError;

/// Why the command ends without a guest's exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u32,
    message: String,
}

impl Failure {
    /// The command line asks for what cannot be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Failure { code: 2, message: printable(message) }
    }

    /// Anything else.
    pub(crate) fn new(message: impl Display) -> Self {
        Failure { code: 1, message: printable(message) }
    }

    /// Says it, and gives the exit code.
    pub(crate) fn report(self) -> u32 {
        complain(self.message);
        self.code
    }
}

/// Its messages may have lines: that of a mistake in a module's text, for example. What a guest brought into them is
/// escaped already.
impl From<wasi_facade::Error> for Failure {
    fn from(error: wasi_facade::Error) -> Self {
        Failure { code: 1, message: way_out::of_error(&error) }
    }
}

/// With its causes, which an error's own text does not repeat.
impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let causes = std::iter::successors(Some::<&dyn Error>(&error), |error| (*error).source());
        Failure::new(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Says something on standard error, if anybody listens. What is not the command's own in it is `printable`.
pub(crate) fn complain(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "wasi: {message}");
}

/// Text on one line, whatever names of files and of guests are in it.
pub(crate) fn printable(text: impl Display) -> String {
    Printable::at_most(&text.to_string(), LONGEST).to_string()
}

/// More than any message with a path in it, which the system bounds to 4,096 bytes.
const LONGEST: usize = 8192;

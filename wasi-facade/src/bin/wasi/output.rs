//! Printing to standard output, for text of the command itself.

use crate::failure::Failure;
use std::io::{ErrorKind, Write};

/// Prints `text`. Who closed the pipe has read enough.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format_args!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

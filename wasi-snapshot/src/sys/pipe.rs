//! Pipes between a host and its guest, and the thread that fills one from a reader.

use std::io::{self, Read};
use std::thread;

pub(crate) use super::system::pipe::{PipeEnd, pipe};

/// A pipe that a thread fills from `reader`: unlike the reader, it can be polled, and a wait for it
/// can be interrupted. The thread ends with the reader, or when it writes after the guest has gone.
///
/// # Errors
///
/// Whatever the system has against another pipe or thread.
pub(crate) fn fed_by(mut reader: Box<dyn Read + Send>) -> io::Result<PipeEnd> {
    let (ours, mut theirs) = pipe()?;
    thread::Builder::new().name("guest-stdin".to_owned()).spawn(move || {
        // A reader that fails has no more to give, and a closed pipe has nobody to take it.
        let _ = io::copy(&mut reader, &mut theirs);
    })?;
    PipeEnd::new(ours)
}

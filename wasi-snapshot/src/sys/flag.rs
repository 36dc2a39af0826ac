//! A flag that polling can wait for.

use super::pipe::pipe;
use super::poll::OsHandle;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Says whether a stream of the embedder's own is ready, to guests that poll it or wait in a call.
///
/// Clones are the same flag, so one is kept with the stream and another with whoever feeds it, on whichever
/// thread. [`File::readable`](crate::File::readable) has an example.
#[derive(Clone)]
pub struct ReadyFlag(Arc<FlagState>);

struct FlagState {
    raised: Mutex<bool>,
    /// Holds one byte while the flag is raised, and none otherwise.
    reader: File,
    writer: File,
}

impl ReadyFlag {
    /// A lowered flag.
    ///
    /// # Errors
    ///
    /// What the system has against making a pipe.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = pipe()?;
        Ok(ReadyFlag(Arc::new(FlagState { raised: Mutex::new(false), reader, writer })))
    }

    /// Says that the stream is ready. It stays so until the flag is lowered.
    pub fn raise(&self) {
        self.set(true);
    }

    /// Says that the stream is not ready any more.
    pub fn lower(&self) {
        self.set(false);
    }

    /// Is it ready?
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.0.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, raised: bool) {
        let FlagState { raised: state, reader, writer } = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        // Neither waits: the pipe has room for one byte, or has just that byte.
        let done = match (*state, raised) {
            (false, true) => { writer }.write_all(&[0]),
            (true, false) => { reader }.read_exact(&mut [0]),
            _ => return,
        };
        // Both ends are open, so nothing can be wrong with them.
        *state = if done.is_ok() { raised } else { *state };
    }

    pub(crate) fn os_handle(&self) -> OsHandle<'_> {
        OsHandle::flag(&self.0.reader)
    }
}

impl fmt::Debug for ReadyFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyFlag").field("raised", &self.is_raised()).finish()
    }
}

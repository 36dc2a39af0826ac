//! A flag that polling can wait for.

use super::poll::OsHandle;
use super::system::event::Event;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Says whether a stream of the embedder's own is ready, to guests that poll it or wait in a call.
///
/// Clones are the same flag, so one is kept with the stream and another with whoever feeds it, on whichever
/// thread. [`File::readable`](crate::File::readable) has an example.
#[derive(Clone)]
pub struct ReadyFlag(Arc<FlagState>);

struct FlagState {
    raised: Mutex<bool>,
    /// Is set while the flag is raised.
    event: Event,
}

impl ReadyFlag {
    /// A lowered flag.
    ///
    /// # Errors
    ///
    /// What the system has against making a pipe, or an event.
    pub fn new() -> io::Result<Self> {
        Ok(ReadyFlag(Arc::new(FlagState { raised: Mutex::new(false), event: Event::new()? })))
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
        let FlagState { raised: state, event } = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        // Neither waits: it is set once at most, and cleared only when it is set.
        let done = match (*state, raised) {
            (false, true) => event.set(),
            (true, false) => event.clear(),
            _ => return,
        };
        // It is ours, so nothing can be wrong with it.
        *state = if done.is_ok() { raised } else { *state };
    }

    pub(crate) fn os_handle(&self) -> OsHandle<'_> {
        self.0.event.os_handle()
    }
}

impl fmt::Debug for ReadyFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyFlag").field("raised", &self.is_raised()).finish()
    }
}

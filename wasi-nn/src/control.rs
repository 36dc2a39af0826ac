//! The bounds of a backend's work: a deadline, an interrupt, and the function that cancels the work.

use crate::{Error, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasi_policy::{InterruptHandle, Watch};

/// Stops a computation from another thread. It must return soon, may be called more than once, and at a time
/// when there is nothing to stop.
pub type Cancel = Arc<dyn Fn() + Send + Sync>;

/// What bounds one call of a backend: a deadline, and an interrupt.
#[derive(Clone, Debug)]
pub struct Control {
    deadline: Option<Instant>,
    interrupt: InterruptHandle,
}

impl Control {
    /// The bounds of a call that starts now, takes at most `limit`, and ends when `interrupt` is raised.
    #[must_use]
    pub fn new(limit: Option<Duration>, interrupt: &InterruptHandle) -> Self {
        // A limit beyond what the clock can express is none.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Control { deadline, interrupt: interrupt.clone() }
    }

    /// No bounds at all.
    #[must_use]
    pub fn unbounded() -> Self {
        Control::new(None, &InterruptHandle::default())
    }

    /// When the call must have ended.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What ends the call from another thread, for a backend that waits for something of its own.
    #[must_use]
    pub fn interrupt(&self) -> &InterruptHandle {
        &self.interrupt
    }

    /// Says whether to go on. A backend that can look asks between two steps of its work.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interrupted`] or [`ErrorKind::TimedOut`].
    pub fn check(&self) -> Result<(), Error> {
        if self.interrupt.is_raised() {
            return Err(Error::new(ErrorKind::Interrupted, "the host interrupted the guest"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let message =
                "the time for this call is up; see `Limits::compile_time` and `Limits::compute_time`";
            return Err(Error::new(ErrorKind::TimedOut, message));
        }
        Ok(())
    }

    /// Has `cancel` called, from a thread that all guests share, once the call must end, and again every few
    /// milliseconds until the guard is dropped. It is for backends that are deaf while they work.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if the system has no thread to give.
    pub fn cancel_with(&self, cancel: &Cancel) -> Result<CancelGuard, Error> {
        let watch = Watch::new(self.deadline, &self.interrupt, Arc::clone(cancel));
        watch.map(CancelGuard).map_err(|error| {
            Error::new(ErrorKind::Busy, format!("no thread to watch over the time: {error}"))
        })
    }
}

/// Keeps a [`Cancel`] armed; once it is dropped, the function is not called any more.
#[must_use = "dropping it disarms the cancellation"]
#[derive(Debug)]
pub struct CancelGuard(#[expect(dead_code, reason = "its drop is its use")] Watch);

//! The trait for schedulers, which wait in place of the host when a guest waits.

use crate::errno::Errno;
use std::time::Duration;

/// What waits when a guest does, given with [`WasiCtxBuilder::scheduler`](crate::WasiCtxBuilder::scheduler).
///
/// It is asked by `poll_oneoff`, unless something is ready already, and by `sched_yield`. Reads, writes
/// and accepts that wait do so on the host.
pub trait Scheduler: Send {
    /// Returns when something that the guest waits for may have happened; it is asked again if nothing has.
    ///
    /// # Errors
    ///
    /// What the guest gets from `poll_oneoff` instead of events.
    fn wait(&mut self, waits: &mut Waits<'_>) -> Result<(), Errno>;

    /// Lets others run; nothing unless said otherwise.
    fn yield_now(&mut self) {}
}

/// What a guest waits for in one `poll_oneoff`.
pub struct Waits<'a> {
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_host: &'a mut dyn FnMut(Option<Duration>) -> Result<bool, Errno>,
}

impl Waits<'_> {
    /// How much of the guest's monotonic time is left; `None` if it waits for descriptors only.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Really waits for the guest's descriptors, `at_most` for so long. True if one of them is ready.
    ///
    /// # Errors
    ///
    /// `intr` if the guest was interrupted, and whatever the system has against polling.
    pub fn on_host(&mut self, at_most: Option<Duration>) -> Result<bool, Errno> {
        (self.on_host)(at_most)
    }
}

impl std::fmt::Debug for Waits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waits").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

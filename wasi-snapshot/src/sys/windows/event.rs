//! An event that polling can wait for, which Windows has itself.

use super::calls;
use super::poll::OsHandle;
use std::io;
use std::os::windows::io::{AsHandle, OwnedHandle};

/// Something that stays ready from when it is set until it is cleared.
pub(crate) struct Event(OwnedHandle);

impl Event {
    /// An event that is not set.
    ///
    /// # Errors
    ///
    /// What the system has against making one.
    pub(crate) fn new() -> io::Result<Self> {
        calls::new_event().map(Event)
    }

    /// Sets it, which does not wait.
    ///
    /// # Errors
    ///
    /// None are known, since it is open.
    pub(crate) fn set(&self) -> io::Result<()> {
        calls::set_event(self.0.as_handle())
    }

    /// Has it not set any more.
    ///
    /// # Errors
    ///
    /// None are known, since it is open.
    pub(crate) fn clear(&self) -> io::Result<()> {
        calls::reset_event(self.0.as_handle())
    }

    /// What polling takes to wait until it is set, in whichever direction.
    pub(crate) fn os_handle(&self) -> OsHandle<'_> {
        OsHandle::Signal(self.0.as_handle())
    }
}

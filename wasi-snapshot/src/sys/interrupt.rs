//! The receiving side of the handle that ends a guest from outside while it waits in a host call.

use super::poll::OsHandle;
use super::system::event::Event;
use crate::error::{Error, Result};
use std::sync::{Arc, OnceLock};
use wasi_policy::{InterruptHandle, OnInterrupt, Trap};

/// What a guest's context has of its interrupt. It costs nothing until somebody wants a handle.
#[derive(Default)]
pub(crate) struct Interrupt(OnceLock<Armed>);

#[derive(Default)]
struct Armed {
    handle: InterruptHandle,
    /// Made when the guest first waits, since most never do, and on Unix its pipe is a large part of what a start costs.
    /// Without one, should the system have none to give, waits look at the flag now and then.
    wake: OnceLock<Option<Wake>>,
}

/// An event that is set, for good, when the interrupt is raised.
struct Wake {
    event: Arc<Event>,
    _sets: OnInterrupt,
}

impl Wake {
    /// Of a handle that may be raised already.
    fn new(handle: &InterruptHandle) -> Option<Self> {
        let event = Arc::new(Event::new().ok()?);
        let raised = Arc::clone(&event);
        let sets = handle.on_interrupt(move || {
            // Were it lost, the flag is up and waits are re-examined.
            let _ = raised.set();
        });
        Some(Wake { event, _sets: sets })
    }
}

impl Interrupt {
    pub(crate) fn handle(&self) -> InterruptHandle {
        self.0.get_or_init(Armed::default).handle.clone()
    }

    /// Could anybody interrupt?
    pub(crate) fn is_armed(&self) -> bool {
        self.0.get().is_some()
    }

    /// The handle, if anybody could interrupt.
    #[cfg(windows)]
    pub(super) fn armed(&self) -> Option<InterruptHandle> {
        self.0.get().map(|armed| armed.handle.clone())
    }

    /// What becomes ready when the interrupt is raised, for a guest that is about to wait.
    pub(super) fn wake(&self) -> Option<OsHandle<'_>> {
        let Armed { handle, wake } = self.0.get()?;
        wake.get_or_init(|| Wake::new(handle)).as_ref().map(|wake| wake.event.os_handle())
    }

    /// # Errors
    ///
    /// The trap, if the interrupt was raised.
    pub(crate) fn check(&self) -> Result {
        match self.0.get() {
            Some(armed) if armed.handle.is_raised() => Err(Error::Trap(Trap::Interrupted)),
            _ => Ok(()),
        }
    }
}

//! The receiving side of the handle that ends a guest from outside while it waits in a host call.

use super::pipe::pipe;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, OnceLock};
use wasi_policy::{InterruptHandle, OnInterrupt, Trap};

/// What a guest's context has of its interrupt. It costs nothing until somebody wants a handle.
#[derive(Default)]
pub(crate) struct Interrupt(OnceLock<Armed>);

struct Armed {
    handle: InterruptHandle,
    /// Becomes readable, for good, when the interrupt is raised. Without a pipe, should the system have
    /// none to give, waits look at the flag now and then.
    wake: Option<Arc<(File, File)>>,
    _writes: Option<OnInterrupt>,
}

impl Armed {
    fn new() -> Self {
        let handle = InterruptHandle::default();
        let wake = pipe().ok().map(Arc::new);
        let writes = wake.clone().map(|wake| {
            handle.on_interrupt(move || {
                // One byte fits an empty pipe; and were it lost, the flag is up and waits are re-examined.
                let _ = (&wake.1).write(&[0]);
            })
        });
        Armed { handle, wake, _writes: writes }
    }
}

impl Interrupt {
    pub(crate) fn handle(&self) -> InterruptHandle {
        self.0.get_or_init(Armed::new).handle.clone()
    }

    /// Could anybody interrupt?
    pub(crate) fn is_armed(&self) -> bool {
        self.0.get().is_some()
    }

    /// What becomes readable when the interrupt is raised.
    pub(super) fn wake(&self) -> Option<&File> {
        self.0.get()?.wake.as_ref().map(|wake| &wake.0)
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

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

#[derive(Default)]
struct Armed {
    handle: InterruptHandle,
    /// Made when the guest first waits, since most never do, and a pipe is a large part of what a start costs. Without a
    /// pipe, should the system have none to give, waits look at the flag now and then.
    wake: OnceLock<Option<Wake>>,
}

/// A pipe whose reader becomes readable, for good, when the interrupt is raised.
struct Wake {
    pipe: Arc<(File, File)>,
    _writes: OnInterrupt,
}

impl Wake {
    /// Of a handle that may be raised already.
    fn new(handle: &InterruptHandle) -> Option<Self> {
        let pipe = Arc::new(pipe().ok()?);
        let raised = Arc::clone(&pipe);
        let writes = handle.on_interrupt(move || {
            // One byte fits an empty pipe; and were it lost, the flag is up and waits are re-examined.
            let _ = (&raised.1).write(&[0]);
        });
        Some(Wake { pipe, _writes: writes })
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

    /// What becomes readable when the interrupt is raised, for a guest that is about to wait.
    pub(super) fn wake(&self) -> Option<&File> {
        let Armed { handle, wake } = self.0.get()?;
        wake.get_or_init(|| Wake::new(handle)).as_ref().map(|wake| &wake.pipe.0)
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

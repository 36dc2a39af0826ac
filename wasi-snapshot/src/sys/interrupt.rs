//! The handle that ends a guest from outside while it waits in a host call.

use crate::error::{Error, Result};
use std::fmt;
use std::io::{PipeReader, PipeWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use wasi_policy::Trap;

/// Interrupts one guest. It can be cloned, sent to other threads, and outlive the guest.
///
/// A host call that waits ends with [`Trap::Interrupted`] within moments, and so does every later call
/// that would wait. A guest that computes without calling the host is the engine's to interrupt.
#[derive(Clone)]
pub struct InterruptHandle(Arc<Shared>);

/// The receiving side, in the guest's context. It costs nothing until somebody wants a handle.
#[derive(Default)]
pub(crate) struct Interrupt(OnceLock<Arc<Shared>>);

struct Shared {
    raised: AtomicBool,
    /// Becomes readable, for good, when the interrupt is raised. Without a pipe, should the system have
    /// none to give, waits look at the flag now and then.
    wake: Option<(PipeReader, PipeWriter)>,
}

impl InterruptHandle {
    /// Ends the guest's wait, now or when it next waits. Doing so again changes nothing.
    pub fn interrupt(&self) {
        if !self.0.raised.swap(true, Ordering::SeqCst)
            && let Some((_, writer)) = &self.0.wake
        {
            // One byte fits an empty pipe; and were it lost, the flag is up and waits are re-examined.
            let _ = { writer }.write(&[0]);
        }
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").field("raised", &self.0.raised).finish()
    }
}

impl Interrupt {
    pub(crate) fn handle(&self) -> InterruptHandle {
        let shared = self
            .0
            .get_or_init(|| Arc::new(Shared { raised: AtomicBool::new(false), wake: std::io::pipe().ok() }));
        InterruptHandle(Arc::clone(shared))
    }

    /// Could anybody interrupt?
    pub(crate) fn is_armed(&self) -> bool {
        self.0.get().is_some()
    }

    /// What becomes readable when the interrupt is raised.
    pub(super) fn wake(&self) -> Option<&PipeReader> {
        self.0.get()?.wake.as_ref().map(|(reader, _)| reader)
    }

    /// # Errors
    ///
    /// The trap, if the interrupt was raised.
    pub(crate) fn check(&self) -> Result {
        match self.0.get() {
            Some(shared) if shared.raised.load(Ordering::SeqCst) => Err(Error::Trap(Trap::Interrupted)),
            _ => Ok(()),
        }
    }
}

//! The bounds of the work at hand, where hooks deep inside the engine find them.
//!
//! The engine calls us back while it analyses, optimises, and runs the bodies of loops, but hands nothing of
//! ours along. A load and a computation each stay on one thread, so the thread is where the bounds are kept.

use super::OnnxLimits;
use super::sizes::Budget;
use crate::{Control, Error};
use std::cell::RefCell;

thread_local! {
    static CURRENT: RefCell<Option<Bounds>> = const { RefCell::new(None) };
}

/// How long the work may take, and how much memory.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    control: Control,
    budget: Budget,
}

impl Bounds {
    pub(super) fn new(control: &Control, limits: &OnnxLimits) -> Self {
        Bounds { control: control.clone(), budget: Budget::new(limits) }
    }

    /// Takes away memory that is in use whatever happens.
    pub(super) fn less(mut self, bytes: u64) -> Self {
        self.budget.reserve(bytes);
        self
    }

    /// Does `work` within these bounds. Bounds that were there before are back afterwards, whatever happens.
    pub(super) fn apply<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Restore(Option<Bounds>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        work()
    }
}

/// Says whether the work at hand may go on.
pub(super) fn check() -> Result<(), Error> {
    CURRENT.with_borrow(|current| current.as_ref().map_or(Ok(()), |bounds| bounds.control.check()))
}

/// Does something with the memory that the work at hand may use.
pub(super) fn budget(act: impl FnOnce(&mut Budget) -> Result<(), Error>) -> Result<(), Error> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map_or(Ok(()), |bounds| act(&mut bounds.budget)))
}

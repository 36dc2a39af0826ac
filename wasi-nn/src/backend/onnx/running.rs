//! A plan that one guest computes with, again and again.

use super::graph::computing;
use super::plan::Plan;
use crate::Error;
use crate::contain::discard;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tract_onnx::prelude::TypedSimpleState;

/// Where an execution keeps its plan from one computation to the next. The graph takes the plan out of it once it does
/// not keep that plan any longer, so that executions that rest hold no memory which nobody counts.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Option<Running>>);

/// A plan, and the state of computing it.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) plan: Arc<Plan>,
    pub(super) state: TypedSimpleState,
}

impl Running {
    pub(super) fn new(plan: Arc<Plan>) -> Result<Self, Error> {
        let state = plan.state().map_err(|error| computing(&error))?;
        Ok(Running { plan, state })
    }
}

impl Slot {
    /// What is in it, for the execution that owns it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Empties it.
    pub(super) fn clear(&self) {
        let running = self.lock().take();
        discard(running);
    }

    /// Empties it if `plan` is in it, unless somebody computes with that, who then has to look after it.
    pub(super) fn forget(&self, plan: &Arc<Plan>) {
        let Ok(mut running) = self.0.try_lock() else { return };
        let has_it = running.as_ref().is_some_and(|running| Arc::ptr_eq(&running.plan, plan));
        let forgotten = if has_it { running.take() } else { None };
        drop(running);
        discard(forgotten);
    }
}

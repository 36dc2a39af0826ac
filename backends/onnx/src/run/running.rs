//! The plan that one guest computes with, and the state that its computations reuse.

use crate::run::graph::computing;
use crate::run::plan::Plan;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tract_onnx::prelude::TypedSimpleState;
use wasi_nn::Error;
use wasi_nn::backend::discard;

/// Where an execution keeps its plan between two computations. The graph takes the plan out of it once it does not keep
/// that plan any longer, so that executions that rest hold no memory which nobody counts.
#[derive(Debug, Default)]
pub(crate) struct Slot(Mutex<Option<Running>>);

/// A plan, and the state of computing it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) plan: Arc<Plan>,
    pub(crate) state: TypedSimpleState,
}

impl Running {
    pub(crate) fn new(plan: Arc<Plan>) -> Result<Self, Error> {
        let state = plan.state().map_err(|error| computing(&error))?;
        Ok(Running { plan, state })
    }
}

impl Slot {
    /// What is in it, for the execution that owns it and is about to compute.
    pub(crate) fn take(&self) -> Option<Running> {
        self.lock().take()
    }

    /// Puts back what was computed with, unless its plan has gone meanwhile.
    pub(crate) fn keep(&self, running: Option<Running>) {
        let plan = running.as_ref().map(|running| Arc::clone(&running.plan));
        *self.lock() = running;
        // Asked afterwards: a plan that goes later looks into the slot.
        if let Some(plan) = plan.filter(|plan| plan.is_gone()) {
            self.forget(&plan);
        }
    }

    /// Empties it, if `plan` is in it.
    pub(crate) fn forget(&self, plan: &Arc<Plan>) {
        let forgotten = self.lock().take_if(|running| Arc::ptr_eq(&running.plan, plan));
        discard(forgotten);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

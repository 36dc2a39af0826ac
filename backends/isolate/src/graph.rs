//! A model in a worker, as the host has it.

use crate::execution::IsolatedExecution;
use crate::messages::Loaded;
use crate::session::Session;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasi_nn::backend::{Compiled, Execution, Graph, Port};
use wasi_nn::{Error, Printable};

/// A model that a worker has loaded.
#[derive(Debug)]
pub(crate) struct IsolatedGraph {
    loaded: Loaded,
    /// The device, and where it is.
    device: String,
    session: Mutex<Session>,
}

impl IsolatedGraph {
    pub(crate) fn new(loaded: Loaded, session: Session) -> Self {
        let device = format!("{}, in a process of its own", Printable::new(&loaded.device));
        IsolatedGraph { loaded, device, session: Mutex::new(session) }
    }

    /// The worker, which does one thing at a time.
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Graph for IsolatedGraph {
    fn inputs(&self) -> &[Port] {
        &self.loaded.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.loaded.outputs
    }

    fn device(&self) -> &str {
        &self.device
    }

    fn held_bytes(&self) -> u64 {
        self.loaded.held
    }

    fn compiled(&self) -> Compiled {
        self.loaded.compiled()
    }

    fn execution(self: Arc<Self>) -> Result<Box<dyn Execution>, Error> {
        // The worker hears of it with the first computation.
        let number = self.session().next_execution();
        Ok(Box::new(IsolatedExecution::new(self, number)))
    }
}

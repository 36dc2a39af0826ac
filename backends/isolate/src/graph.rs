//! A model in a worker, as the host has it.

use crate::execution::IsolatedExecution;
use crate::load::Loaded;
use crate::session::{Session, Shared, Starter};
use std::sync::{Arc, Mutex, PoisonError};
use wasi_nn::backend::{Compiled, Execution, Graph, Port};
use wasi_nn::{Control, Error, LoadOptions, Model, Printable, TensorType};

/// A model that a worker has loaded.
#[derive(Debug)]
pub(crate) struct IsolatedGraph {
    loaded: Loaded,
    /// The device, and where it is.
    device: String,
    workers: Workers,
}

/// Who computes.
#[derive(Debug)]
enum Workers {
    /// One worker for all executions, which are one guest's.
    One(Shared),
    /// A worker for each execution.
    Each(Box<Each>),
}

/// The workers of a graph of the host's.
#[derive(Debug)]
struct Each {
    /// The worker of the load, which is the first execution's. The lock is never held while a worker is asked or ended.
    first: Mutex<Option<Session>>,
    again: Again,
}

/// What loads a graph of the host's once more.
#[derive(Debug)]
pub(crate) struct Again {
    starter: Starter,
    model: Arc<Model>,
    options: LoadOptions,
}

impl Again {
    pub(crate) fn new(starter: Starter, model: Arc<Model>, options: LoadOptions) -> Self {
        Again { starter, model, options }
    }

    /// Loads it, as it was loaded before.
    fn load(&self, before: &Loaded, control: &Control) -> Result<Session, Error> {
        let (mut session, loaded) = self.starter.load(&self.model, &self.options, control)?;
        if (&loaded.inputs, &loaded.outputs) != (&before.inputs, &before.outputs) {
            return Err(session.lied());
        }
        Ok(session)
    }
}

impl Each {
    /// Puts a worker in the place of the first, or nothing, and gives what was there.
    fn swap(&self, session: Option<Session>) -> Option<Session> {
        std::mem::replace(&mut self.first.lock().unwrap_or_else(PoisonError::into_inner), session)
    }
}

impl IsolatedGraph {
    /// A guest's model.
    pub(crate) fn of_guest(loaded: Loaded, session: Session) -> Self {
        IsolatedGraph::new(loaded, Workers::One(Shared::new(session)))
    }

    /// A graph of the host's.
    pub(crate) fn of_host(loaded: Loaded, session: Session, again: Again) -> Self {
        let each = Each { first: Mutex::new(Some(session)), again };
        IsolatedGraph::new(loaded, Workers::Each(Box::new(each)))
    }

    fn new(loaded: Loaded, workers: Workers) -> Self {
        let device = format!("{}, in a process of its own", Printable::new(&loaded.device));
        IsolatedGraph { loaded, device, workers }
    }

    /// The worker of the load, if there is one and it lives, or another.
    fn fresh(&self, each: &Each, control: &Control) -> Result<Session, Error> {
        match each.swap(None).filter(|session| !session.has_ended()) {
            Some(first) => Ok(first),
            None => each.again.load(&self.loaded, control),
        }
    }

    /// Whether the backend looks at what an input is set to.
    pub(crate) fn checks(&self, index: usize) -> bool {
        self.loaded.checks.get(index).is_some_and(|checks| *checks)
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

    fn checks_input(&self, index: usize) -> bool {
        self.checks(index)
    }

    fn outputs_for(
        self: Arc<Self>,
        inputs: &[TensorType<'_>],
        control: &Control,
    ) -> Result<Vec<Port>, Error> {
        if self.outputs().iter().all(Port::is_fixed) {
            return Ok(self.outputs().to_vec());
        }
        let count = self.outputs().len();
        match &self.workers {
            Workers::One(shared) => shared.lock().outputs_for(inputs, control, count),
            Workers::Each(each) => {
                let mut session = self.fresh(each, control)?;
                let outputs = session.outputs_for(inputs, control, count);
                // Somebody else may have put one there meanwhile, which ends now.
                drop(each.swap(Some(session)));
                outputs
            }
        }
    }

    fn execution(self: Arc<Self>, control: &Control) -> Result<Box<dyn Execution>, Error> {
        let session = match &self.workers {
            Workers::One(shared) => shared.clone(),
            Workers::Each(each) => Shared::new(self.fresh(each, control)?),
        };
        // The worker hears of it with the first computation.
        let number = session.lock().numbers.next();
        Ok(Box::new(IsolatedExecution::new(self, session, number)))
    }
}

//! A model in a worker, as the host has it.

use crate::execution::IsolatedExecution;
use crate::load::Loaded;
use crate::session::{Session, Shared, Starter};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wasi_nn::backend::{Compiled, Execution, Graph, Port};
use wasi_nn::{Control, Error, InterruptHandle, LoadOptions, Model, Printable, TensorType};

/// How much longer than before a graph of the host's may take to load once more, beside a worker's start.
const SLOWER: u32 = 10;

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
    /// What the load took, for the first execution.
    first: Mutex<Option<Session>>,
    again: Again,
}

/// What loads a graph of the host's once more.
#[derive(Debug)]
pub(crate) struct Again {
    starter: Starter,
    model: Arc<Model>,
    options: LoadOptions,
    time: Duration,
}

impl Again {
    /// * `took`: how long the first load took
    pub(crate) fn new(starter: Starter, model: Arc<Model>, options: LoadOptions, took: Duration) -> Self {
        let time = took.saturating_mul(SLOWER).saturating_add(starter.limits.start_time);
        Again { starter, model, options, time }
    }

    /// Loads it, as it was loaded before.
    fn load(&self, before: &Loaded) -> Result<Session, Error> {
        let control = Control::new(Some(self.time), &InterruptHandle::default());
        let (mut session, loaded) = self.starter.load(&self.model, &self.options, &control)?;
        if (&loaded.inputs, &loaded.outputs) != (&before.inputs, &before.outputs) {
            return Err(session.lied());
        }
        Ok(session)
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

    /// The worker of an execution.
    fn session(&self) -> Result<Shared, Error> {
        match &self.workers {
            Workers::One(shared) => Ok(shared.clone()),
            Workers::Each(each) => {
                let first = each.first.lock().unwrap_or_else(PoisonError::into_inner).take();
                self.fresh(first, &each.again).map(Shared::new)
            }
        }
    }

    /// That worker, if it lives, or another one.
    fn fresh(&self, first: Option<Session>, again: &Again) -> Result<Session, Error> {
        match first.filter(|session| !session.has_ended()) {
            Some(first) => Ok(first),
            None => again.load(&self.loaded),
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
        match &self.workers {
            Workers::One(shared) => shared.lock().outputs_for(inputs, control),
            Workers::Each(each) => {
                let mut first = each.first.lock().unwrap_or_else(PoisonError::into_inner);
                let session = self.fresh(first.take(), &each.again)?;
                first.insert(session).outputs_for(inputs, control)
            }
        }
    }

    fn execution(self: Arc<Self>) -> Result<Box<dyn Execution>, Error> {
        let session = self.session()?;
        // The worker hears of it with the first computation.
        let number = session.lock().next_execution();
        Ok(Box::new(IsolatedExecution::new(self, session, number)))
    }
}

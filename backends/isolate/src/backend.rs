//! The backend of the host, which hands each model to a worker.

use crate::error::of_worker;
use crate::graph::IsolatedGraph;
use crate::messages::Load;
use crate::session::Session;
use std::sync::Arc;
use wasi_isolate::{Error as WorkerError, Limits, Pool, Worker};
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, GraphEncoding, LoadOptions, Model, Origin, Source};

/// A backend whose models each run in a worker of their own. It takes those of guests only.
#[derive(Clone, Debug)]
pub struct Isolated {
    name: String,
    encodings: Vec<GraphEncoding>,
    pool: Pool,
    limits: Limits,
}

/// Builds an [`Isolated`].
#[derive(Clone, Debug)]
pub struct IsolatedBuilder {
    service: String,
    worker: Worker,
    name: Option<String>,
    config: Vec<u8>,
    encodings: Vec<GraphEncoding>,
    limits: Limits,
}

impl Isolated {
    /// A builder for a backend that runs another in workers.
    ///
    /// * `service`: the name under which the worker's program [serves](wasi_isolate::serve) it
    /// * `worker`: the program
    #[must_use]
    pub fn builder(service: impl Into<String>, worker: Worker) -> IsolatedBuilder {
        IsolatedBuilder {
            service: service.into(),
            worker,
            name: None,
            config: Vec::new(),
            encodings: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Starts fresh workers ahead, without waiting for them. Otherwise the first model that is loaded does so.
    pub fn warm(&self) {
        self.pool.warm();
    }
}

impl IsolatedBuilder {
    /// Names the backend. By default it is called as the service, with `-isolated` behind that.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Tells the service how to set up its backend, in its own terms; at most 64 KiB.
    #[must_use]
    pub fn config(mut self, config: impl Into<Vec<u8>>) -> Self {
        self.config = config.into();
        self
    }

    /// Takes models of guests in this encoding too. It starts with none.
    #[must_use]
    pub fn encoding(mut self, encoding: GraphEncoding) -> Self {
        self.encodings.push(encoding);
        self
    }

    /// What the workers may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the backend. No worker is started yet.
    ///
    /// # Errors
    ///
    /// [`wasi_isolate::Error::Unsupported`] where the system has no workers.
    pub fn build(self) -> Result<Isolated, WorkerError> {
        let IsolatedBuilder { service, worker, name, config, encodings, limits } = self;
        let pool = Pool::new(worker, &service, &config, limits.clone())?;
        let name = name.unwrap_or_else(|| format!("{service}-isolated"));
        Ok(Isolated { name, encodings, pool, limits })
    }
}

impl Backend for Isolated {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        // A graph of the host's is kept for all guests, and a worker is for one.
        self.encodings.contains(&encoding) && origin == Origin::Guest
    }

    fn is_isolated(&self) -> bool {
        true
    }

    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        let Source::Bytes(parts) = &model.source else {
            return Err(Error::unsupported("a worker has no files; give it the model's bytes"));
        };
        let process = self.pool.take(control.deadline(), control.interrupt()).map_err(of_worker)?;
        let mut session = Session::new(process, &self.limits);
        let lens = session.write_parts(parts)?;
        let request = Load { encoding: model.encoding, origin: model.origin, options: options.clone(), lens };
        let loaded = session.load(&request, control)?;
        Ok(Arc::new(IsolatedGraph::new(loaded, session)))
    }
}

//! The backend of the host, which hands each model to a worker.

use crate::graph::{Again, IsolatedGraph};
use crate::session::Starter;
use std::sync::Arc;
use wasi_isolate::{Error as WorkerError, Limits, Pool, Worker};
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, GraphEncoding, LoadOptions, Model, Origin};

/// A backend whose models each run in a worker of their own: those that guests bring, and graphs of the host's for each
/// execution of a guest's.
#[derive(Clone, Debug)]
pub struct Isolated {
    name: String,
    encodings: Vec<GraphEncoding>,
    host_encodings: Vec<GraphEncoding>,
    starter: Starter,
}

/// Builds an [`Isolated`].
#[derive(Clone, Debug)]
pub struct IsolatedBuilder {
    service: String,
    worker: Worker,
    name: Option<String>,
    config: Vec<u8>,
    encodings: Vec<GraphEncoding>,
    host_encodings: Vec<GraphEncoding>,
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
            host_encodings: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Starts fresh workers ahead, without waiting for them. Otherwise the first model that is loaded does so.
    pub fn warm(&self) {
        self.starter.pool.warm();
    }

    /// How many fresh workers wait for a model.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.starter.pool.ready()
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

    /// Takes graphs in this encoding too that the host names, by [`NamedGraph::backend`](wasi_nn::NamedGraph::backend) with the
    /// name of this backend. It starts with none.
    ///
    /// Each execution of such a graph has a worker of its own, which loads it once more, so that what one guest's input does to
    /// a library concerns no other guest. A graph comes as bytes: in OpenVINO's format or in ONNX without data in other files,
    /// and not [`mapped`](wasi_nn::NamedGraph::mapped).
    #[must_use]
    pub fn host_encoding(mut self, encoding: GraphEncoding) -> Self {
        self.host_encodings.push(encoding);
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
        let IsolatedBuilder { service, worker, name, config, encodings, host_encodings, limits } = self;
        let pool = Pool::new(worker, &service, &config, limits.clone())?;
        let name = name.unwrap_or_else(|| format!("{service}-isolated"));
        Ok(Isolated { name, encodings, host_encodings, starter: Starter { pool, limits } })
    }
}

impl Backend for Isolated {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        let taken = match origin {
            Origin::Guest => &self.encodings,
            Origin::Host => &self.host_encodings,
        };
        taken.contains(&encoding)
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
        let (session, loaded) = self.starter.load(&model, options, control)?;
        let graph = match model.origin {
            Origin::Guest => IsolatedGraph::of_guest(loaded, session),
            Origin::Host => {
                let again = Again::new(self.starter.clone(), model, options.clone());
                IsolatedGraph::of_host(loaded, session, again)
            }
        };
        Ok(Arc::new(graph))
    }
}

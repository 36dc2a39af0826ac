//! The builder of a registry, with backends, graphs and limits.

use super::guest_models::{self, GuestModels};
use super::limits::ProcessLimits;
use super::loads::Loads;
use super::named::{Named, NamedGraph};
use super::order::NamedBackend;
use super::routing::Routing;
use super::{Inner, Registry};
use crate::backend::Backend;
use crate::budget::Budget;
use crate::{Control, Error, ErrorKind, GraphEncoding};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Builds a [`Registry`].
///
/// It starts without backends and graphs, and guests bring no models of their own: see
/// [`guest_models`](Self::guest_models).
pub struct RegistryBuilder {
    libraries: Vec<Arc<NamedBackend>>,
    graphs: Vec<NamedGraph>,
    guest_models: GuestModels,
    /// What the host says of an encoding beyond that: its backend, or that guests bring none.
    routes: HashMap<GraphEncoding, Option<String>>,
    limits: ProcessLimits,
    fall_back_to_cpu: bool,
    is_eager: bool,
    is_timed: bool,
}

impl RegistryBuilder {
    pub(super) fn new() -> Self {
        RegistryBuilder {
            libraries: Vec::new(),
            graphs: Vec::new(),
            guest_models: GuestModels::default(),
            routes: HashMap::new(),
            limits: ProcessLimits::default(),
            fall_back_to_cpu: false,
            is_eager: false,
            is_timed: false,
        }
    }

    /// Adds a backend. Those that were added first are preferred for graphs of the host's, and one that refuses to load a
    /// graph leaves it to the next. What guests bring goes where [`route`](Self::route) says, and nowhere else.
    #[must_use]
    pub fn backend(mut self, backend: impl Backend) -> Self {
        let name = Arc::from(backend.name());
        self.libraries.push(Arc::new(NamedBackend { name, backend: Box::new(backend) }));
        self
    }

    /// Adds a graph that guests can load by name.
    #[must_use]
    pub fn graph(mut self, graph: NamedGraph) -> Self {
        self.graphs.push(graph);
        self
    }

    /// Whether guests bring models of their own, and where those run. By default they bring none.
    #[must_use]
    pub fn guest_models(mut self, guest_models: GuestModels) -> Self {
        self.guest_models = guest_models;
        self
    }

    /// Hands models in `encoding` that guests bring to the backend of this name, whatever else is said of guests' models.
    ///
    /// Bytes of a guest may attack whatever parses them. OpenVINO's reader of ONNX, as an example, follows file names
    /// and addresses that it finds there.
    #[must_use]
    pub fn route(mut self, encoding: GraphEncoding, backend: impl Into<String>) -> Self {
        self.routes.insert(encoding, Some(backend.into()));
        self
    }

    /// Refuses models in `encoding` that guests bring.
    #[must_use]
    pub fn refuse(mut self, encoding: GraphEncoding) -> Self {
        self.routes.insert(encoding, None);
        self
    }

    /// What all guests may use together.
    #[must_use]
    pub fn limits(mut self, limits: ProcessLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether to run a model of a guest on the processor if its backend does not have the device that the guest asks for.
    /// By default the guest gets `unsupported_operation`, and can decide by itself.
    #[must_use]
    pub fn fall_back_to_cpu(mut self, fall_back: bool) -> Self {
        self.fall_back_to_cpu = fall_back;
        self
    }

    /// Whether to load all graphs in [`build`](Self::build), rather than each when a guest first asks for it;
    /// [`Registry::load_all`] does so later.
    #[must_use]
    pub fn eager(mut self, is_eager: bool) -> Self {
        self.is_eager = is_eager;
        self
    }

    /// Whether [`Registry::stats`] has the time of computations. The two looks at the clock make that some 100 ns for each,
    /// where counting alone, which is the default, takes 5.
    #[must_use]
    pub fn timed(mut self, is_timed: bool) -> Self {
        self.is_timed = is_timed;
        self
    }

    /// Builds the registry. Files of graphs are looked at, so that what changes
    /// later is not loaded, and are read only if all is loaded eagerly, if their names do not tell their encoding, or
    /// if they were changed a moment ago.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for a bad name, one that is taken, a
    /// backend that is not there, [`GuestModels::Isolated`] without one that is isolated, or a file that cannot be opened;
    /// [`ErrorKind::InvalidEncoding`] for a graph that no backend reads; and what
    /// backends say if all is loaded eagerly, of every graph that cannot be loaded.
    pub fn build(self) -> Result<Registry, Error> {
        let mut backends = HashSet::new();
        if let Some(twice) = self.libraries.iter().find(|library| !backends.insert(&library.name)) {
            return Err(Error::invalid_argument(format!("there are two backends `{}`", twice.name)));
        }
        let mut routing =
            Routing { from_guests: self.guest_models.routes(&self.libraries)?, libraries: self.libraries };
        for (encoding, backend) in self.routes {
            routing.from_guests.remove(&encoding);
            if let Some(backend) = backend {
                routing.library(&backend)?;
                routing.from_guests.insert(encoding, backend);
            }
        }
        let mut named = HashMap::new();
        for graph in self.graphs {
            let name = graph.name.clone();
            if named.insert(name.clone(), graph.resolve(&routing)?).is_some() {
                return Err(Error::invalid_argument(format!("there are two graphs `{name}`")));
            }
        }
        let registry = assemble(named, routing, (self.fall_back_to_cpu, self.is_timed), self.limits);
        if self.is_eager {
            registry.load_all(&Control::unbounded()).map_err(|errors| in_one(&errors))?;
        }
        Ok(registry)
    }
}

/// All errors as one, of the kind of the first.
fn in_one(errors: &[Error]) -> Error {
    let kind = errors.first().map_or(ErrorKind::Runtime, Error::kind);
    Error::new(kind, errors.iter().map(Error::to_string).collect::<Vec<_>>().join("; "))
}

/// The registry of a host that has said nothing, as [`Registry::builder`] builds it: no graphs and no backends.
impl Default for Registry {
    fn default() -> Self {
        of_libraries(Vec::new(), HashMap::new())
    }
}

impl Registry {
    /// The registry of a host that names no graphs: guests bring their own models, to `backend`. Unless that
    /// [is isolated](Backend::is_isolated), they run in the host's own process, see [`GuestModels::InProcess`].
    #[must_use]
    pub fn of_backend(backend: impl Backend) -> Self {
        let libraries =
            vec![Arc::new(NamedBackend { name: backend.name().into(), backend: Box::new(backend) })];
        let routes = GuestModels::Isolated.routes(&libraries).unwrap_or_else(|_| guest_models::in_process());
        of_libraries(libraries, routes)
    }
}

fn of_libraries(libraries: Vec<Arc<NamedBackend>>, from_guests: HashMap<GraphEncoding, String>) -> Registry {
    let routing = Routing { libraries, from_guests };
    assemble(HashMap::new(), routing, (false, false), ProcessLimits::default())
}

fn assemble(
    named: HashMap<String, Named>,
    routing: Routing,
    (fall_back_to_cpu, is_timed): (bool, bool),
    limits: ProcessLimits,
) -> Registry {
    Registry(Arc::new(Inner {
        named,
        routing,
        fall_back_to_cpu,
        is_timed,
        guest_counts: Arc::default(),
        computations: Budget::new(
            "the computations of the process",
            "ProcessLimits::max_computations",
            limits.max_computations.into(),
        ),
        loads: Arc::new(Loads::new(limits)),
        own_loads: AtomicU64::new(0),
    }))
}

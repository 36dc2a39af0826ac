//! The registry of a process: the backends, the models that are loaded, and the limits on both.
//!
//! [`Registry`] is the entry point. [`Routing`] says where a model goes, with `content.rs` to tell what it is;
//! [`Loads`] loads each model once, on a thread of its own; [`LoadedGraph`] is what comes out.

mod builder;
pub(crate) mod content;
mod files;
mod guest_models;
mod limits;
mod loaded;
mod loads;
mod named;
mod order;
mod other;
mod routing;
mod stamps;
mod stats;

use self::loaded::LoadedGraph;
use self::loads::{Key, Loads};
use self::named::Named;
pub(crate) use self::order::Spent;
use self::order::{Candidate, Content, Order};
use self::routing::Routing;
use self::stats::Counts;
use crate::backend::{Graph, Port};
use crate::budget::{Budget, Charge};
use crate::{
    Control, Device, Error, ErrorKind, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin, Source,
    Tally,
};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::builder::RegistryBuilder;
pub use self::guest_models::GuestModels;
pub use self::limits::ProcessLimits;
pub use self::named::{MAX_NAME_LEN, NamedGraph};
pub use self::other::OtherBackend;
pub use self::stats::GraphStats;

/// The backends and the graphs of a process. All its guests share one; a clone is the same registry.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    named: HashMap<String, Named>,
    routing: Routing,
    fall_back_to_cpu: bool,
    /// Of all models that guests bring.
    guest_counts: Arc<Counts>,
    /// Whether the time of computations counts.
    is_timed: bool,
    computations: Budget,
    loads: Arc<Loads>,
    /// How many models were loaded that no two guests share.
    own_loads: AtomicU64,
}

/// A place among the computations of the process, which ends when it is dropped.
#[must_use = "dropping it gives the place to others"]
#[derive(Debug)]
pub struct Computation(#[expect(dead_code, reason = "its drop is its use")] Charge);

/// What the host can know about a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The format of the model, as it was found to be.
    pub encoding: GraphEncoding,
    /// The backend that loaded it.
    pub backend: String,
    /// What really runs it, in the backend's terms.
    pub device: String,
    /// The inputs, in the order of the guests' indices.
    pub inputs: Vec<Port>,
    /// The outputs, likewise.
    pub outputs: Vec<Port>,
    /// The backends that do not run it, and why: those that were asked in their order, and then all others.
    pub others: Vec<OtherBackend>,
}

impl Registry {
    /// A builder for a registry.
    #[must_use]
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::new()
    }

    /// Loads a model that a guest brought, as far as the host's policy allows. Equal models are loaded once, and
    /// share a compiled form as long as anyone has it; failures are forgotten.
    ///
    /// The model is loaded on a thread with 16 MiB of stack, while the caller waits. If `control` ends the wait, the
    /// backend is told once nobody else waits, and counts among the loads until it returns.
    ///
    /// # Errors
    ///
    /// * [`ErrorKind::InvalidEncoding`]: the policy refuses the encoding, or the content is another
    /// * [`ErrorKind::InvalidArgument`]: it has a wrong number of parts
    /// * [`ErrorKind::Busy`]: [`ProcessLimits`] are reached, or the system has no thread
    /// * [`ErrorKind::TooLarge`]: it exceeds [`ProcessLimits::max_guest_model_bytes`] by itself
    /// * [`ErrorKind::TimedOut`], [`ErrorKind::Interrupted`]: what `control` says
    /// * what the backend says; a panic counts as [`ErrorKind::Runtime`]
    pub fn load(
        &self,
        model: Model,
        target: ExecutionTarget,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        self.load_for(model, target, control, || Ok(None))
    }

    /// [`load`](Self::load) for one guest, which spends something for each backend that is asked.
    pub(crate) fn load_for(
        &self,
        mut model: Model,
        target: ExecutionTarget,
        control: &Control,
        spend: impl Fn() -> Result<Option<Spent>, Error>,
    ) -> Result<Arc<dyn Graph>, Error> {
        // Whatever the caller says: these bytes may be hostile.
        model.origin = Origin::Guest;
        let library = self.0.routing.guest(&mut model)?;
        let (hash, model) = (hash(&model), Arc::new(model));
        let load = |target| {
            let device = Device::Target(target);
            let own = library.backend.is_isolated().then(|| self.0.own_loads.fetch_add(1, Ordering::Relaxed));
            let key = Key::Content { hash, backend: Arc::clone(&library.name), device: device.clone(), own };
            let content = Content::Model(Arc::clone(&model));
            // One backend, for bytes that may be hostile: what it refuses is not tried on another.
            let only = Candidate { library: Arc::clone(&library), options: LoadOptions::new(device) };
            let order = Order {
                key,
                candidates: [only].into(),
                content,
                counts: Arc::clone(&self.0.guest_counts),
                is_timed: self.0.is_timed,
                spent: spend()?,
                was_told: false,
            };
            self.0.loads.obtain(order, control)
        };
        let has_other = self.0.fall_back_to_cpu && target != ExecutionTarget::Cpu;
        match load(target) {
            Err(error) if has_other && error.kind() == ErrorKind::Unsupported => {
                tracing::info!(%target, "on the processor instead: {error}");
                Ok(load(ExecutionTarget::Cpu)?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// The graph of the host's with this name. It is loaded when it is first asked for, and kept. If it cannot be
    /// loaded, the next who asks has it tried again: what was missing may be there, as descriptors or memory.
    ///
    /// It is loaded to the end, even if nobody waits any longer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if no graph has the name, and otherwise those of [`load`](Self::load). If several backends
    /// were asked, it says what each of them said.
    pub fn named(&self, name: &str, control: &Control) -> Result<Arc<dyn Graph>, Error> {
        Ok(self.obtain_named(name, control)?)
    }

    /// Loads all of the host's graphs that are not loaded yet, one after the other, so that no guest waits for one.
    ///
    /// # Errors
    ///
    /// Those of [`named`](Self::named), one for each graph that cannot be loaded, in the order of their names. All others
    /// are loaded.
    pub fn load_all(&self, control: &Control) -> Result<(), Vec<Error>> {
        let mut names: Vec<_> = self.0.named.keys().collect();
        names.sort_unstable();
        let failed: Vec<_> = names.into_iter().filter_map(|name| self.named(name, control).err()).collect();
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }

    /// Describes a graph of the host's, for which it is loaded.
    ///
    /// # Errors
    ///
    /// Those of [`named`](Self::named).
    pub fn describe(&self, name: &str) -> Result<Description, Error> {
        let loaded = self.obtain_named(name, &Control::unbounded())?;
        Ok(Description {
            encoding: loaded.encoding,
            backend: loaded.backend.to_string(),
            device: loaded.device().to_owned(),
            inputs: loaded.inputs().to_vec(),
            outputs: loaded.outputs().to_vec(),
            others: self.0.others(self.find(name)?, &loaded),
        })
    }

    /// What was done with each graph of the host's since the registry was built, in the order of their names; then with all
    /// models of guests together, unless no guest has brought one.
    #[must_use]
    pub fn stats(&self) -> Vec<GraphStats> {
        let loads = &self.0.loads;
        let mut named: Vec<_> = self.0.named.iter().collect();
        named.sort_unstable_by_key(|(name, _)| *name);
        let of_named = named.into_iter().map(|(name, graph)| {
            let loaded = loads.loaded(|key| matches!(key, Key::Named(of) if of == name));
            graph.counts.stats(Some(name), &loaded)
        });
        let of_guests = loads.loaded(|key| matches!(key, Key::Content { .. }));
        let of_guests = self.0.guest_counts.stats(None, &of_guests);
        let has_guests = of_guests.loads != Tally::default();
        of_named.chain(has_guests.then_some(of_guests)).collect()
    }

    /// All files and directories that are opened after the registry was built: graphs that are not loaded yet, and
    /// what [backends rely on](crate::backend::Backend::relies_on), as a native library.
    ///
    /// A guest that may write one of them could change what the host does; `wasi_facade::could_reach` tells.
    #[must_use]
    pub fn relies_on(&self) -> Vec<PathBuf> {
        let of_graphs = self.0.named.values().filter_map(|named| match &named.content {
            Content::Files(files) => Some(files.paths().map(Path::to_owned)),
            Content::Model(_) => None,
        });
        let of_backends = self.0.routing.libraries.iter().map(|library| library.backend.relies_on());
        of_graphs.flatten().chain(of_backends.flatten()).collect()
    }

    /// Takes a place among the computations of the process.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if none is free.
    pub fn computation(&self) -> Result<Computation, Error> {
        self.0
            .computations
            .charge(1)
            .map(Computation)
            .map_err(|error| Error::new(ErrorKind::Busy, error.to_string()))
    }

    fn obtain_named(&self, name: &str, control: &Control) -> Result<Arc<LoadedGraph>, Error> {
        let named = self.find(name)?;
        let order = Order {
            key: Key::Named(name.to_owned()),
            candidates: Arc::clone(&named.candidates),
            content: named.content.clone(),
            counts: Arc::clone(&named.counts),
            is_timed: self.0.is_timed,
            spent: None,
            was_told: false,
        };
        self.0.loads.obtain(order, control)
    }

    fn find(&self, name: &str) -> Result<&Named, Error> {
        self.0.named.get(name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("the host has not named a graph {name:?}"))
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.loads.abandon();
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |named: &HashMap<String, Named>| {
            let mut names: Vec<_> = named.keys().cloned().collect();
            names.sort_unstable();
            names
        };
        f.debug_struct("Registry").field("graphs", &names(&self.0.named)).finish_non_exhaustive()
    }
}

/// Tells models in memory apart. What is loaded from files has a name instead.
fn hash(model: &Model) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(model.encoding.name().as_bytes());
    if let Source::Bytes(parts) = &model.source {
        for part in parts {
            // With the lengths, no two lists of parts have the same bytes; no name of an encoding has a zero.
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(&len.to_be_bytes()).update(part);
        }
    }
    hasher.finalize()
}

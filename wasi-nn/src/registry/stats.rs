//! The statistics of a registry: what each graph has taken.

use super::loaded::LoadedGraph;
use crate::Tally;
use crate::backend::{Compiled, Counter, Graph, contained};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What was done with a graph since the registry was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphStats {
    /// Its name. None for all models that guests brought, which count together: there may be any number of them.
    pub name: Option<String>,
    /// The backend that has loaded it, if one has.
    pub backend: Option<String>,
    /// What really runs it, in the backend's terms.
    pub device: Option<String>,
    /// Loads. One that several backends are asked for is one.
    pub loads: Tally,
    /// How often a guest or the host got what was loaded before, or was being loaded.
    pub load_hits: u64,
    /// Compilations, as the [backend](crate::backend::Graph::compiled) counts them: for each model, or for each set of input
    /// shapes.
    pub compiles: Tally,
    /// How often what was compiled before did.
    pub compile_hits: u64,
    /// Computations. Their time counts if the registry is [timed](crate::RegistryBuilder::timed).
    pub computations: Tally,
    /// Bytes of memory that the graph holds, or all graphs of guests together; none if the backend does not tell.
    pub held_bytes: Option<u64>,
    /// What the backend [counts](crate::backend::Graph::counted) in its own terms, as `connections`, while it is loaded.
    pub counted: Vec<(&'static str, u64)>,
}

/// The counts of a graph.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) loads: Counter,
    load_hits: AtomicU64,
    pub(super) computations: Counter,
    /// Of graphs that are gone.
    compiled: Mutex<Compiled>,
}

impl Counts {
    pub(super) fn hit(&self) {
        self.load_hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps what a graph has compiled that goes.
    pub(super) fn keep(&self, gone: Compiled) {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        *compiled = both(*compiled, gone);
    }

    /// What was counted, with that of the graphs which are there.
    pub(super) fn stats(&self, name: Option<&str>, loaded: &[Arc<LoadedGraph>]) -> GraphStats {
        let gone = *self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = loaded.iter().map(|graph| compiled(&*graph.graph)).fold(gone, both);
        let held = loaded.iter().map(|graph| graph.held_bytes()).fold(0, u64::saturating_add);
        // Guests' models may be on several.
        let only = loaded.first().filter(|_| name.is_some());
        GraphStats {
            name: name.map(str::to_owned),
            backend: only.map(|graph| graph.backend.to_string()),
            device: only.map(|graph| graph.device().to_owned()),
            loads: self.loads.tally(),
            load_hits: self.load_hits.load(Ordering::Relaxed),
            compiles: compiled.compiles,
            compile_hits: compiled.hits,
            computations: self.computations.tally(),
            held_bytes: (held > 0).then_some(held),
            counted: only.map(|graph| counted(&*graph.graph)).unwrap_or_default(),
        }
    }
}

/// What a backend says that a graph has compiled.
pub(super) fn compiled(graph: &dyn Graph) -> Compiled {
    contained(|| Ok::<_, crate::Error>(graph.compiled())).unwrap_or_default()
}

/// What a backend says that it has counted.
fn counted(graph: &dyn Graph) -> Vec<(&'static str, u64)> {
    contained(|| Ok::<_, crate::Error>(graph.counted())).unwrap_or_default()
}

fn both(one: Compiled, other: Compiled) -> Compiled {
    Compiled { compiles: one.compiles.and(other.compiles), hits: one.hits.saturating_add(other.hits) }
}

//! An order: what is to be loaded, and the backends that are asked for it, one after the other.

use super::files::Files;
use super::loaded::LoadedGraph;
use super::loads::{Key, Outcome};
use super::stats::Counts;
use crate::backend::{Backend, Graph};
use crate::budget::{Budget, Charge};
use crate::contain::contained;
use crate::{Control, Error, ErrorKind, GraphEncoding, LoadOptions, Model};
use std::sync::Arc;
use std::time::Instant;
use wasi_policy::Printable;

/// Characters of what one backend says where several do: what libraries say may have any length.
const MAX_REFUSAL: usize = 480;

/// A backend, and its name.
pub(super) struct NamedBackend {
    pub(super) name: Arc<str>,
    pub(super) backend: Box<dyn Backend>,
}

/// A backend that is asked to load a model, and how.
pub(super) struct Candidate {
    pub(super) library: Arc<NamedBackend>,
    pub(super) options: LoadOptions,
}

/// A backend that was asked, and what it said.
pub(super) struct Refusal {
    pub(super) backend: Arc<str>,
    pub(super) error: Error,
}

/// A model that a backend has loaded.
struct Taken<'a> {
    candidate: &'a Candidate,
    graph: Arc<dyn Graph>,
    refusals: Vec<Refusal>,
}

/// What is to be loaded.
#[derive(Clone)]
pub(super) enum Content {
    /// A model that is there.
    Model(Arc<Model>),
    /// One of the host's, in files.
    Files(Arc<Files>),
}

/// A load that may become necessary.
pub(super) struct Order {
    pub(super) key: Key,
    /// The backends, the preferred one first. A guest's model has one, and never moves on to another.
    pub(super) candidates: Arc<[Candidate]>,
    pub(super) content: Content,
    pub(super) counts: Arc<Counts>,
    /// Whether the time of computations counts.
    pub(super) is_timed: bool,
    /// What the guest that ordered it has spent, until the load has ended.
    pub(super) spent: Option<Spent>,
    /// Whether the host was told that it fails.
    pub(super) was_told: bool,
}

/// What a guest spends for a load, whether it waits for the end or not.
pub(crate) struct Spent {
    /// A place among its own loads.
    pub(crate) _place: Charge,
    /// The bytes of its model.
    pub(crate) _bytes: Arc<Charge>,
}

impl Order {
    /// Asks one backend after the other, and charges for what the graph holds.
    pub(super) fn load(&self, control: &Control, mut bytes: Option<Charge>, budget: &Budget) -> Outcome {
        let start = Instant::now();
        let loaded = self.counts.loads.count(true, || {
            contained(|| {
                let load = |model| self.ask(&model, control);
                let taken = match &self.content {
                    Content::Model(model) => load(Arc::clone(model))?,
                    Content::Files(files) => files.load(load)?,
                };
                if let Some(charge) = &mut bytes {
                    let held = taken.graph.held_bytes().max(charge.amount());
                    let resized = budget.resize(charge, held);
                    resized.map_err(|error| Error::new(ErrorKind::Busy, error.to_string()))?;
                }
                let device = taken.graph.device().to_owned();
                Ok::<_, Error>((taken, device))
            })
        });
        match loaded {
            Ok((Taken { candidate, graph, refusals }, device)) => {
                let elapsed = start.elapsed();
                let (backend, requested) = (&candidate.library.name, &candidate.options.device);
                tracing::info!(graph = %self.key, %backend, %requested, %device, ?elapsed, "loaded");
                let (backend, encoding) = (Arc::clone(backend), self.content.encoding());
                let (counts, is_timed) = (Arc::clone(&self.counts), self.is_timed);
                Ok(Arc::new(LoadedGraph {
                    graph,
                    backend,
                    encoding,
                    refusals,
                    counts,
                    is_timed,
                    _bytes: bytes,
                }))
            }
            Err(error) => {
                let error = Error::new(error.kind(), format!("{}: {error}", self.key));
                match self.key {
                    // Nobody is concerned once everybody has gone, as at the end of a process.
                    _ if error.kind() == ErrorKind::Interrupted => tracing::debug!("{error}"),
                    Key::Named(_) if !self.was_told => tracing::warn!("{error}"),
                    // A guest could fill the log.
                    _ => tracing::info!("{error}"),
                }
                Err(error)
            }
        }
    }

    /// The graph of the first backend that loads the model, and what those before it said.
    fn ask(&self, model: &Arc<Model>, control: &Control) -> Result<Taken<'_>, Error> {
        let mut refusals = Vec::new();
        for candidate in self.candidates.iter() {
            let Candidate { library, options } = candidate;
            match contained(|| library.backend.load(Arc::clone(model), options, control)) {
                Ok(graph) => return Ok(Taken { candidate, graph, refusals }),
                Err(error) if ends(error.kind()) => return Err(error),
                Err(error) => {
                    if self.candidates.len() > 1 {
                        tracing::info!(graph = %self.key, backend = %library.name, "refused: {error}");
                    }
                    refusals.push(Refusal { backend: Arc::clone(&library.name), error });
                }
            }
        }
        Err(together(&refusals))
    }
}

/// Whether the next backend is not asked: what is only busy may take the model a moment later, and whoever wanted it has
/// gone.
fn ends(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Busy | ErrorKind::Interrupted | ErrorKind::TimedOut)
}

/// What all backends said. Its kind is that of the first which says more than that it lacks something.
fn together(refusals: &[Refusal]) -> Error {
    if let [only] = refusals {
        return only.error.clone();
    }
    let kinds = || refusals.iter().map(|refusal| refusal.error.kind());
    let kind = kinds().find(|kind| *kind != ErrorKind::Unsupported).or_else(|| kinds().next());
    let said = refusals.iter().map(|Refusal { backend, error }| {
        format!("{backend}: {}", Printable::at_most(&error.to_string(), MAX_REFUSAL))
    });
    Error::new(kind.unwrap_or(ErrorKind::InvalidEncoding), said.collect::<Vec<_>>().join("; "))
}

impl Content {
    pub(super) fn encoding(&self) -> GraphEncoding {
        match self {
            Content::Model(model) => model.encoding,
            Content::Files(files) => files.encoding(),
        }
    }

    /// The bytes of a model that is there.
    pub(super) fn byte_len(&self) -> u64 {
        match self {
            Content::Model(model) => model.source.byte_len(),
            Content::Files(_) => 0,
        }
    }
}

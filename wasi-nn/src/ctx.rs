//! The context of one guest: its graphs, its execution contexts, and what they cost.

use crate::backend::{Execution, Graph};
use crate::budget::{Budget, Charge};
use crate::builder::NnCtxBuilder;
use crate::contain::Contained;
use crate::failure::{Failure, Result};
use crate::handles::Handles;
use crate::limits::Limits;
use crate::{Control, Error, ErrorKind, InterruptHandle, Registry, TensorType};
use std::fmt;
use std::sync::Arc;
use wasi_policy::Trap;

/// What one guest may load, and what it has loaded.
///
/// It is made by an [`NnCtxBuilder`], lives in the store's data, and serves one guest: two guests with one context
/// would share handles.
pub struct NnCtx {
    pub(crate) registry: Registry,
    pub(crate) limits: Limits,
    pub(crate) legacy_types: bool,
    pub(crate) interrupt: InterruptHandle,
    pub(crate) graphs: Handles<LoadedGraph>,
    pub(crate) contexts: Handles<ExecutionContext>,
    /// Loads of the guest's that go on.
    pub(crate) loads: Budget,
    /// Bytes of the models that the guest brought.
    pub(crate) model_bytes: Budget,
    /// Bytes of the tensors that the contexts have room for.
    pub(crate) tensor_bytes: Budget,
    last_error: LastError,
}

/// A graph that the guest has a handle to.
pub(crate) struct LoadedGraph {
    pub(crate) graph: Contained<Arc<dyn Graph>>,
    /// Given back with the last of the handle and the contexts; a graph of the host's has none.
    pub(crate) model: Option<Arc<ModelCharge>>,
}

/// What a guest is charged for a model of its own.
pub(crate) struct ModelCharge {
    /// Its bytes, which a load may still have.
    pub(crate) _bytes: Arc<Charge>,
    /// What is held beyond them.
    pub(crate) _held: Charge,
}

/// An execution context, and how far the guest has got with it.
pub(crate) struct ExecutionContext {
    pub(crate) running: Contained<Running>,
    pub(crate) inputs: Vec<Input>,
    /// The last computation succeeded, and none has begun since.
    pub(crate) has_outputs: bool,
    /// For the room that inputs and outputs take.
    pub(crate) tensors: Charge,
    /// For outputs of open shapes, of which the last computation told the size; nothing if there are none.
    pub(crate) open_outputs: Option<Charge>,
    /// Keeps the model charged, which the backend may go on using.
    pub(crate) _model: Option<Arc<ModelCharge>>,
}

/// What a backend computes with.
pub(crate) struct Running {
    pub(crate) execution: Box<dyn Execution>,
    pub(crate) graph: Arc<dyn Graph>,
}

impl Running {
    /// Makes another execution, once the old one is gone, which may have had what there is but one of. Should there be none, every
    /// later use says why.
    pub(crate) fn start_anew(&mut self, control: &Control) {
        self.execution = Box::new(Missing(Error::runtime("the execution is being made anew")));
        self.execution = match Arc::clone(&self.graph).execution(control) {
            Ok(execution) => execution,
            // The guest has to end.
            Err(error) if error.kind() == ErrorKind::Interrupted => Box::new(Missing(error)),
            Err(error) => {
                Box::new(Missing(Error::runtime(format!("no execution could be made anew: {error}"))))
            }
        };
    }
}

/// In the place of an execution that could not be made, with the reason.
struct Missing(Error);

impl Execution for Missing {
    fn input(&mut self, _: usize, _: TensorType<'_>) -> Result<&mut [u8], Error> {
        Err(self.0.clone())
    }

    fn compute(&mut self, _: &Control) -> Result<(), Error> {
        Err(self.0.clone())
    }

    fn output(&self, _: usize) -> Result<&[u8], Error> {
        Err(self.0.clone())
    }
}

/// An input of an execution context.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Input {
    pub(crate) is_set: bool,
    /// The most bytes that it has been charged for.
    pub(crate) charged: u64,
}

impl NnCtx {
    /// A builder for a context whose graphs come from `registry`.
    #[must_use]
    pub fn builder(registry: Registry) -> NnCtxBuilder {
        NnCtxBuilder::new(registry)
    }

    pub(crate) fn new(registry: Registry, limits: Limits, legacy_types: bool) -> Self {
        NnCtx {
            registry,
            legacy_types,
            interrupt: InterruptHandle::default(),
            graphs: Handles::new("graph", limits.max_graphs, "Limits::max_graphs"),
            contexts: Handles::new("execution context", limits.max_contexts, "Limits::max_contexts"),
            loads: Budget::new("the guest's loads", "Limits::max_loads", limits.max_loads.into()),
            model_bytes: Budget::new(
                "bytes of the guest's models",
                "Limits::max_model_bytes",
                limits.max_model_bytes,
            ),
            tensor_bytes: Budget::new(
                "bytes of the guest's tensors",
                "Limits::max_live_tensor_bytes",
                limits.max_live_tensor_bytes,
            ),
            last_error: LastError::default(),
            limits,
        }
    }

    /// Where its graphs come from.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A handle that ends the guest while it loads or computes.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Why the last call that failed did so, after the name of its function, and cut to a kibibyte; `None` if
    /// none has. Guests get a number only, so this is what tells a user what to change.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.get()
    }

    /// What the guest gets back: zero, or the number of an error.
    #[inline]
    pub(crate) fn outcome(&mut self, function: &str, result: Result) -> Result<u32, Trap> {
        match result {
            Ok(()) => Ok(0),
            Err(failure) => self.failed(function, &failure),
        }
    }

    #[cold]
    fn failed(&mut self, function: &str, failure: &Failure) -> Result<u32, Trap> {
        let errno = failure.errno()?;
        self.last_error.set(function, failure);
        tracing::debug!(?errno, "{}", self.last_error.0);
        Ok(errno.code())
    }
}

impl fmt::Debug for NnCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NnCtx")
            .field("graphs", &self.graphs.len())
            .field("contexts", &self.contexts.len())
            .field("limits", &self.limits)
            .field("last_error", &self.last_error())
            .finish_non_exhaustive()
    }
}

/// The words of the last failure. Its room is kept, since a guest that probes sizes fails in a loop.
#[derive(Default)]
struct LastError(String);

impl LastError {
    /// Messages quote names of the model, which can have any length.
    const MAX_LEN: usize = 1024;

    fn get(&self) -> Option<&str> {
        if self.0.is_empty() { None } else { Some(&self.0) }
    }

    fn set(&mut self, function: &str, failure: &Failure) {
        self.0.clear();
        // Only an error of a `Display` could stop this, and then what is there must do.
        let _ = fmt::write(self, format_args!("{function}: {failure}"));
    }
}

impl fmt::Write for LastError {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Self::MAX_LEN.saturating_sub(self.0.len());
        let fits = (0..=room.min(text.len())).rev().find_map(|end| text.get(..end));
        self.0.push_str(fits.unwrap_or_default());
        Ok(())
    }
}

//! The traits for libraries that run models.
//!
//! A [`Backend`] loads models, a [`Graph`] is a loaded one, and an [`Execution`] is what one guest computes
//! with. The calls of the witx stand in front of them and check everything that can be checked without
//! the library: handles, indices, shapes, types, lengths, quotas and the order of calls. A backend only sees
//! what passed.
//!
//! An embedder adds a library by implementing the three traits outside of this crate, and gives the backend to
//! the [registry](crate::Registry). A backend must not panic; should one do so all the same, the panic is
//! contained, and the graph or the execution is not used again. A backend whose library panics contains that itself, by
//! [`contained`] or [`Contained`], since it knows what is left in which state.

mod port;

pub use crate::budget::{Budget, Charge};
pub use crate::contain::{Contained, contained, discard};
pub use crate::counter::Counter;
pub use crate::registry::content::is_openvino;
pub use port::{Port, PortType};

use crate::{Control, Error, GraphEncoding, LoadOptions, Model, Origin, Tally, TensorType};
use std::path::PathBuf;
use std::sync::Arc;

/// A library that loads models of some encodings.
pub trait Backend: Send + Sync + 'static {
    /// A short name for logs, flags and errors, as `openvino`.
    fn name(&self) -> &str;

    /// Whether models of `encoding` from `origin` are worth giving to [`load`](Self::load). Asked often, and
    /// before anything native is opened.
    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool;

    /// Files and directories that are opened, beside models, when a graph is loaded, as a native library. What no
    /// guest may write, if the host is to stay itself. By default there are none.
    fn relies_on(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Opens what it relies on now, and not when a graph is first loaded: for a process that can open nothing later. By default
    /// there is nothing to open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if something is missing.
    fn prepare(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Whether each of its graphs is in a process of its own, so that a model may do there what it will. Such a graph is one
    /// guest's alone: equal models of two guests are loaded twice. By default not.
    fn is_isolated(&self) -> bool {
        false
    }

    /// Loads and compiles `model`, as `options` say.
    ///
    /// It is called on a thread of its own, and other loads may go on at the same time. When `control` says that
    /// nobody waits any longer, it should return as soon as it can.
    ///
    /// * `model`: as many parts or files as its encoding has: the XML and the weights for OpenVINO, one for all others
    /// * `options`: the device, and how it is used; what the backend cannot do, it refuses
    /// * `control`: the time limit and the interrupts of those who wait
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for a wrong number of parts,
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a device or an option it does not have,
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) for what may go a moment later, and
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for everything that the library refuses. For a graph of the
    /// host's, the next backend is then tried, but for `Busy` and for what `control` says.
    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error>;
}

/// A loaded model. It is never changed, and shared by all guests that use it.
pub trait Graph: Send + Sync + 'static {
    /// The inputs, in the order of the model's declaration, which is that of the guests' indices.
    fn inputs(&self) -> &[Port];

    /// The outputs, likewise.
    fn outputs(&self) -> &[Port];

    /// What really runs it, in the backend's terms.
    fn device(&self) -> &str;

    /// Bytes of memory that it holds, with what it may come to hold while it is used, beside the bytes of tensors. Guests
    /// are charged for it, and at least for the bytes of their model.
    fn held_bytes(&self) -> u64 {
        0
    }

    /// What it has compiled up to now, at its load and later, for statistics. A [`Counter`] counts it.
    fn compiled(&self) -> Compiled {
        Compiled::default()
    }

    /// What the backend counts of it in its own terms, for statistics, as `connections` to a server. By default nothing.
    fn counted(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Whether [`Execution::check_input`] may refuse what input `index` is set to. Whoever runs the execution elsewhere, as in a
    /// process of its own, asks there at once only if so. By default not, as all will do for that.
    fn checks_input(&self, index: usize) -> bool {
        let _ = index;
        false
    }

    /// The outputs for inputs of these types and shapes, without computing if the library can tell without. A dimension that
    /// depends on values stays open, or is that for inputs of zeros. For hosts who look at models, not for guests.
    ///
    /// * `inputs`: one for each of [`inputs`](Self::inputs), in their order, which fits its [`Port`]
    /// * `control`: the time limit and the interrupts
    ///
    /// # Errors
    ///
    /// Why such inputs do not go together. By default, [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) unless all
    /// outputs are of fixed shapes.
    fn outputs_for(
        self: Arc<Self>,
        inputs: &[TensorType<'_>],
        control: &Control,
    ) -> Result<Vec<Port>, Error> {
        let _ = (inputs, control);
        if self.outputs().iter().all(Port::is_fixed) {
            return Ok(self.outputs().to_vec());
        }
        Err(Error::unsupported("the backend cannot tell what the outputs of these inputs are"))
    }

    /// Makes what one guest computes with, or takes it from a pool, wiped of what earlier owners left.
    ///
    /// * `control`: the time limit and the interrupts, for a backend that may have to wait, as one that loads the model once more
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the library refuses, [`ErrorKind::Busy`](crate::ErrorKind::Busy) for
    /// what may go a moment later, and what [`Control::check`] says if it was told to stop.
    fn execution(self: Arc<Self>, control: &Control) -> Result<Box<dyn Execution>, Error>;
}

/// One guest's inputs, computation and outputs.
pub trait Execution: Send + 'static {
    /// The backend's own buffer for input `index`, of exactly [`TensorType::byte_len`] bytes, elements in little-endian
    /// order, outermost dimension first; the caller overwrites all of it.
    ///
    /// The index counts [`Graph::inputs`] from 0, and the type fits the [`Port`]: it is [`PortType::as_set`] of the
    /// port's, so that a truth value comes as `u8`, and its byte is 0 or 1. Outputs of an earlier computation stay as
    /// they are.
    ///
    /// # Errors
    ///
    /// Whatever the library refuses; the input then counts as not set.
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error>;

    /// Looks at what the caller wrote into the buffer of input `index`, right after it did. By default, all will do.
    ///
    /// * `control`: the time limit and the interrupts, for a backend that asks somebody else
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for numbers that the library would take for
    /// others, of an input that [`Graph::checks_input`] names, and what [`Control::check`] says; the input then counts as not
    /// set.
    fn check_input(&self, index: usize, control: &Control) -> Result<(), Error> {
        let _ = (index, control);
        Ok(())
    }

    /// Sets input `index` to these bytes, which a guest has in its memory: [`input`](Self::input) and
    /// [`check_input`](Self::check_input) in one. A backend whose buffer is elsewhere copies them once less so.
    ///
    /// * `bytes`: as many as the type says
    /// * `control`: that of `check_input`
    ///
    /// # Errors
    ///
    /// Those of both; the input then counts as not set.
    fn write_input(
        &mut self,
        index: usize,
        tensor: TensorType<'_>,
        bytes: &[u8],
        control: &Control,
    ) -> Result<(), Error> {
        let buffer = self.input(index, tensor)?;
        if buffer.len() != bytes.len() {
            return Err(other_len(buffer.len(), bytes.len()));
        }
        buffer.copy_from_slice(bytes);
        self.check_input(index, control)
    }

    /// Computes all outputs, on the guest's thread. All inputs have been set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the library fails, and what
    /// [`Control::check`] says if it was told to stop. The outputs are then not asked for.
    fn compute(&mut self, control: &Control) -> Result<(), Error>;

    /// The bytes of output `index`, which counts [`Graph::outputs`] from 0, after a computation that succeeded: elements
    /// in little-endian order, outermost dimension first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if it is no tensor of numbers, and
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the library cannot say. The other outputs can be had.
    fn output(&self, index: usize) -> Result<&[u8], Error>;

    /// How many bytes [`output`](Self::output) has.
    ///
    /// # Errors
    ///
    /// Those of that.
    fn output_len(&self, index: usize) -> Result<usize, Error> {
        self.output(index).map(<[u8]>::len)
    }

    /// Copies an output into a guest's memory. A backend whose buffer is elsewhere copies it once less so.
    ///
    /// * `into`: of as many bytes as [`output_len`](Self::output_len) says
    ///
    /// # Errors
    ///
    /// Those of [`output`](Self::output); what is in `into` then is not said.
    fn read_output(&self, index: usize, into: &mut [u8]) -> Result<(), Error> {
        let bytes = self.output(index)?;
        if bytes.len() != into.len() {
            return Err(other_len(bytes.len(), into.len()));
        }
        into.copy_from_slice(bytes);
        Ok(())
    }
}

#[cold]
pub(crate) fn other_len(backend: usize, tensor: usize) -> Error {
    Error::runtime(format!("the backend has {backend} bytes for a tensor of {tensor}"))
}

/// What a graph has compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compiled {
    /// Compilations: one for each model, or for each set of shapes that its inputs had.
    pub compiles: Tally,
    /// How often what was compiled before did.
    pub hits: u64,
}

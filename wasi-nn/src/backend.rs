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

pub use crate::budget::{Budget, Charge};
pub use crate::contain::{Contained, contained, discard};
pub use crate::counter::Counter;
pub use crate::registry::content::is_openvino;

use crate::{
    Control, ElementType, Error, GraphEncoding, LoadOptions, Model, Origin, Printable, Tally, TensorType,
};
use std::fmt::{self, Display};
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
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the library refuses.
    fn execution(self: Arc<Self>) -> Result<Box<dyn Execution>, Error>;
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
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for numbers that the library would take for
    /// others; the input then counts as not set.
    fn check_input(&self, index: usize) -> Result<(), Error> {
        let _ = index;
        Ok(())
    }

    /// Sets input `index` to these bytes, which a guest has in its memory: [`input`](Self::input) and
    /// [`check_input`](Self::check_input) in one. A backend whose buffer is elsewhere copies them once less so.
    ///
    /// * `bytes`: as many as the type says
    ///
    /// # Errors
    ///
    /// Those of both; the input then counts as not set.
    fn write_input(&mut self, index: usize, tensor: TensorType<'_>, bytes: &[u8]) -> Result<(), Error> {
        let buffer = self.input(index, tensor)?;
        if buffer.len() != bytes.len() {
            return Err(other_len(buffer.len(), bytes.len()));
        }
        buffer.copy_from_slice(bytes);
        self.check_input(index)
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
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the library cannot say.
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

/// An input or an output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// Its name in the model; may be empty.
    pub name: String,
    /// What one element is.
    pub element: PortType,
    /// The dimensions, outermost first, with `None` for those that the model leaves open; `None` as a whole
    /// if even their number is open.
    pub shape: Option<Vec<Option<u32>>>,
}

/// What the elements of a [`Port`] are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortType {
    /// A type that guests can name.
    Known(ElementType),
    /// A truth value of one byte. Guests set such inputs as `u8`, where all but zero is true, and get such outputs as
    /// bytes that are 0 or 1.
    Bool,
    /// Signed, 8 bits. Guests set such inputs as `u8` of the same bytes, and get such outputs as bytes.
    I8,
    /// Another, by the backend's name for it: guests cannot set such inputs, and get such outputs as bytes.
    Other(String),
}

impl PortType {
    /// The type as which guests set an input, if they can.
    #[must_use]
    pub const fn as_set(&self) -> Option<ElementType> {
        match self {
            PortType::Known(element) => Some(*element),
            PortType::Bool | PortType::I8 => Some(ElementType::U8),
            PortType::Other(_) => None,
        }
    }
}

impl Port {
    /// A port with a name, a type, and a shape.
    #[must_use]
    pub fn new(name: impl Into<String>, element: PortType, shape: Option<Vec<Option<u32>>>) -> Self {
        Port { name: name.into(), element, shape }
    }

    /// Whether its shape is known.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.shape.as_ref().is_some_and(|shape| shape.iter().all(Option::is_some))
    }

    /// Checks that a tensor fits, and gives it as the backend is to see it: a tensor of shape `[1]` stands for
    /// a scalar too, since some bindings have no other way to write one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if its type or its shape is another.
    pub fn fit<'a>(&self, tensor: TensorType<'a>) -> Result<TensorType<'a>, Error> {
        if self.element.as_set() != Some(tensor.element()) {
            let through = match self.element {
                PortType::Bool | PortType::I8 => " as u8",
                PortType::Known(_) | PortType::Other(_) => "",
            };
            return Err(Error::invalid_argument(format!(
                "input `{}` takes {}{through}, not {}",
                self.name,
                self.element,
                tensor.element()
            )));
        }
        let Some(shape) = &self.shape else { return Ok(tensor) };
        if shape.is_empty() && tensor.dimensions() == [1] {
            return TensorType::new(tensor.element(), &[]);
        }
        let allows = |(wanted, given): (&Option<u32>, &u32)| wanted.is_none_or(|wanted| wanted == *given);
        if shape.len() == tensor.dimensions().len() && shape.iter().zip(tensor.dimensions()).all(allows) {
            return Ok(tensor);
        }
        Err(Error::invalid_argument(format!(
            "input `{}` has the shape {}, not {:?}",
            self.name,
            self.shape_text(),
            tensor.dimensions()
        )))
    }

    /// Checks that a model declares an output as the library found it, as far as both are known. Where they differ, the
    /// library means something else by an operator than the model does.
    ///
    /// * `element`: the type that the model declares; `None` if it is open, or what was found is
    /// * `shape`: the dimensions that it declares, outermost first, likewise
    /// * `library`: who found it, as the error says it
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) with the name of the port, and with what differs.
    pub fn check_declared(
        &self,
        element: Option<&PortType>,
        shape: Option<&[Option<u32>]>,
        library: &str,
    ) -> Result<(), Error> {
        let mismatch = |said: &dyn Display, found: &dyn Display| {
            Error::unsupported(format!(
                "the model declares {said} for its output `{}`, and {library} makes {found} of it; give the model to \
                 another backend, or correct what it declares",
                Printable::at_most(&self.name, 64)
            ))
        };
        if let Some(said) = element.filter(|said| **said != self.element) {
            return Err(mismatch(said, &self.element));
        }
        let (Some(said), Some(found)) = (shape, &self.shape) else { return Ok(()) };
        let agree =
            |(said, found): (&Option<u32>, &Option<u32>)| said.is_none() || found.is_none() || said == found;
        if said.len() == found.len() && said.iter().zip(found).all(agree) {
            return Ok(());
        }
        Err(mismatch(&dimensions_text(said), &self.shape_text()))
    }

    /// The shape as text, as `[?, 3, 224, 224]`, or `[...]` if even the number of dimensions is open.
    #[must_use]
    pub fn shape_text(&self) -> String {
        self.shape.as_deref().map_or_else(|| "[...]".to_owned(), dimensions_text)
    }
}

fn dimensions_text(dimensions: &[Option<u32>]) -> String {
    let text = |size: &Option<u32>| size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    format!("[{}]", dimensions.iter().map(text).collect::<Vec<_>>().join(", "))
}

impl Display for PortType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortType::Known(element) => element.fmt(f),
            PortType::Bool => f.write_str("bool"),
            PortType::I8 => f.write_str("i8"),
            PortType::Other(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Port, PortType};
    use crate::{ElementType, TensorType};

    fn port(shape: Option<&[Option<u32>]>) -> Port {
        Port::new("x", PortType::Known(ElementType::F32), shape.map(<[_]>::to_vec))
    }

    fn fitted(port: &Port, dimensions: &[u32]) -> Result<Vec<u32>, String> {
        let tensor = TensorType::new(ElementType::F32, dimensions).unwrap();
        port.fit(tensor).map(|tensor| tensor.dimensions().to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn open_dimensions_take_anything_and_closed_ones_do_not() {
        let port = port(Some(&[None, Some(3)]));
        assert_eq!(fitted(&port, &[7, 3]), Ok(vec![7, 3]));
        assert_eq!(fitted(&port, &[0, 3]), Ok(vec![0, 3]));
        assert_eq!(fitted(&port, &[7, 4]), Err("input `x` has the shape [?, 3], not [7, 4]".to_owned()));
        assert!(fitted(&port, &[7]).is_err());
        assert!(fitted(&port, &[7, 3, 1]).is_err());
    }

    #[test]
    fn an_open_rank_takes_any_shape() {
        let port = port(None);
        assert_eq!(fitted(&port, &[1, 2, 3]), Ok(vec![1, 2, 3]));
        assert_eq!(fitted(&port, &[]), Ok(vec![]));
        assert_eq!(port.shape_text(), "[...]");
    }

    #[test]
    fn a_scalar_may_be_written_as_one_dimension_of_one() {
        let port = port(Some(&[]));
        assert_eq!(fitted(&port, &[]), Ok(vec![]));
        assert_eq!(fitted(&port, &[1]), Ok(vec![]));
        assert!(fitted(&port, &[2]).is_err());
    }

    #[test]
    fn what_is_declared_has_to_be_what_was_found() {
        let text = |result: Result<(), crate::Error>| result.map_err(|error| error.to_string());
        let check = |found: Option<&[Option<u32>]>, said: &[Option<u32>]| {
            text(port(found).check_declared(None, Some(said), "it"))
        };
        let found = [None, Some(3)];
        for said in [[Some(7), Some(3)], [None, Some(3)], [None, None]] {
            assert_eq!(check(Some(&found), &said), Ok(()));
        }
        assert_eq!(check(None, &[Some(1)]), Ok(()));
        let wrong = |said: &str| {
            Err(format!(
                "the model declares {said} for its output `x`, and it makes [?, 3] of it; give the model to another \
                 backend, or correct what it declares"
            ))
        };
        assert_eq!(check(Some(&found), &[None, Some(4)]), wrong("[?, 4]"));
        assert_eq!(check(Some(&found), &[None]), wrong("[?]"));
        assert_eq!(check(Some(&found), &[]), wrong("[]"));
        let element = |said| text(port(None).check_declared(Some(&said), None, "it"));
        assert_eq!(element(PortType::Known(ElementType::F32)), Ok(()));
        let error = element(PortType::Bool).unwrap_err();
        assert!(error.contains("declares bool for its output `x`, and it makes f32 of it"), "{error}");
    }

    #[test]
    fn another_type_does_not_fit() {
        let tensor = TensorType::new(ElementType::I32, &[1]).unwrap();
        let error = port(None).fit(tensor).unwrap_err().to_string();
        assert_eq!(error, "input `x` takes f32, not i32");
        for (narrow, expected) in [(PortType::Bool, "bool"), (PortType::I8, "i8")] {
            let port = Port::new("m", narrow, None);
            let expected = format!("input `m` takes {expected} as u8, not i32");
            assert_eq!(port.fit(tensor).unwrap_err().to_string(), expected);
            assert!(port.fit(TensorType::new(ElementType::U8, &[1]).unwrap()).is_ok());
        }
        let strings = Port::new("s", PortType::Other("string".to_owned()), None);
        assert_eq!(strings.fit(tensor).unwrap_err().to_string(), "input `s` takes string, not i32");
    }
}

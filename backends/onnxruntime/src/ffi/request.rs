//! Requests: inputs, a computation that can be cancelled, and outputs.

use super::values::{Bound, Made};
use super::{Handle, Session, check, entry};
use crate::claims;
use ort_sys as sys;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use wasi_nn::backend::Port;
use wasi_nn::{Cancel, Control, Error, Printable, TensorType};
use wasi_nn_native::Buffer;

/// What computes, for one guest at a time.
pub(crate) struct Request {
    options: Arc<Handle<sys::OrtRunOptions>>,
    /// Stops a computation from another thread, which is all that another thread does with the request. Made once, since each
    /// computation needs it.
    cancel: Cancel,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    /// What the outputs are declared as.
    declared: Arc<[Port]>,
    values: Values,
    /// Dropped last (outlived).
    session: Arc<Session>,
}

/// An input, with the tensor that a computation reads.
struct Input {
    tensor: Option<Bound>,
    dimensions: Vec<u32>,
    is_fixed: bool,
}

/// An output, as of the last computation.
enum Output {
    /// A tensor of ours, into which the library writes.
    Fixed(Bound),
    /// A tensor that the library makes anew each time, and the bytes of one that was in the place of an input, so that the next
    /// input does not change them.
    Open { made: Result<Made, Error>, copy: Option<Vec<u8>> },
}

/// The addresses of all tensors, as a computation takes them; those of outputs that the library is to make are null.
#[derive(Default)]
struct Values {
    inputs: Vec<*const sys::OrtValue>,
    outputs: Vec<*mut sys::OrtValue>,
}

// SAFETY: the addresses are those of tensors that the request owns, and are used while it computes only (unshared).
unsafe impl Send for Values {}
// SAFETY: as above.
unsafe impl Sync for Values {}

/// A tensor whose type and shape are known from the start: the number of the type, the dimensions, and the bytes.
pub(crate) type Shape = (i32, Vec<u32>, usize);

/// Which inputs and outputs have tensors from the start.
pub(crate) struct Fixed {
    pub(crate) inputs: Vec<Option<Shape>>,
    pub(crate) outputs: Vec<Option<Shape>>,
    /// All outputs, with which those that the library makes are compared.
    pub(crate) declared: Arc<[Port]>,
}

impl Request {
    /// A request, with zeroes in all tensors that are fixed.
    pub(crate) fn new(session: &Arc<Session>, fixed: &Fixed) -> Result<Self, Error> {
        let api = session.library.api;
        // SAFETY: loaded; it writes an object for `ReleaseRunOptions`.
        let options = unsafe {
            let create = entry!(api, CreateRunOptions);
            Handle::new(api, "making a request", entry!(api, ReleaseRunOptions), |options| create(options))
        }?;
        let options = Arc::new(options);
        let (cancelled, terminate) = (Arc::clone(&options), entry!(api, RunOptionsSetTerminate));
        let cancel: Cancel = Arc::new(move || {
            // SAFETY: loaded; the library lets a computation be ended so from another thread. Failing, it returns a status that
            // is released.
            let _ = check(api, "cancelling", unsafe { terminate(cancelled.get()) });
        });
        let bound = |(code, dimensions, len): &Shape| {
            let dimensions: Vec<i64> = dimensions.iter().copied().map(i64::from).collect();
            Bound::new(&session.library, *code, &dimensions, Buffer::zeroed(*len)?, *len)
        };
        let input = |shape: &Option<Shape>| {
            Ok(Input {
                tensor: shape.as_ref().map(bound).transpose()?,
                dimensions: Vec::new(),
                is_fixed: shape.is_some(),
            })
        };
        let output = |shape: &Option<Shape>| {
            Ok(match shape {
                Some(shape) => Output::Fixed(bound(shape)?),
                None => Output::Open { made: Err(not_computed()), copy: None },
            })
        };
        Ok(Request {
            options,
            cancel,
            inputs: fixed.inputs.iter().map(input).collect::<Result<_, Error>>()?,
            outputs: fixed.outputs.iter().map(output).collect::<Result<_, Error>>()?,
            declared: Arc::clone(&fixed.declared),
            values: Values::default(),
            session: Arc::clone(session),
        })
    }

    /// The bytes of an input, for a tensor of a type that fits it. `code` is the library's number for that type, and as wide.
    pub(crate) fn input(
        &mut self,
        index: usize,
        tensor: TensorType<'_>,
        code: i32,
    ) -> Result<&mut [u8], Error> {
        let len = usize::try_from(tensor.byte_len()).unwrap_or(usize::MAX);
        let input = self.inputs.get_mut(index).ok_or_else(|| no_such("input", index))?;
        if !input.is_fixed && (input.tensor.is_none() || input.dimensions != tensor.dimensions()) {
            input.bind(&self.session, (tensor, code), len)?;
        }
        match &mut input.tensor {
            Some(bound) if bound.bytes().len() == len => Ok(bound.bytes_mut()),
            _ => Err(Error::invalid_argument(format!("input {index} does not take {len} bytes"))),
        }
    }

    /// Computes on the calling thread, until `control` says to stop.
    pub(crate) fn run(&mut self, control: &Control) -> Result<(), Error> {
        self.gather()?;
        let api = self.session.library.api;
        // SAFETY: loaded; nobody computes with it.
        let status = unsafe { entry!(api, RunOptionsUnsetTerminate)(self.options.get()) };
        check(api, "starting", status)?;
        let guard = control.cancel_with(&self.cancel)?;
        let (names, results) = (&self.session.inputs, &self.session.outputs);
        // SAFETY: loaded; all lists are as long as they are told; all tensors are alive (outlived), and nobody has their bytes
        // (unshared). A session runs for any number of threads at once.
        let status = unsafe {
            entry!(api, Run)(
                self.session.handle.get(),
                self.options.get(),
                names.as_ptr(),
                self.values.inputs.as_ptr(),
                names.len(),
                results.as_ptr(),
                results.len(),
                self.values.outputs.as_mut_ptr(),
            )
        };
        drop(guard);
        let failed = check(api, "computing", status);
        self.take_outputs();
        if failed.is_err() {
            control.check()?;
        }
        failed
    }

    /// Writes down the addresses of all tensors.
    fn gather(&mut self) -> Result<(), Error> {
        let Request { inputs, outputs, values, session, .. } = self;
        values.inputs.clear();
        for (index, input) in inputs.iter().enumerate() {
            let bound = input.tensor.as_ref();
            let bound = bound.ok_or_else(|| {
                let name = session.inputs.get(index).to_string_lossy();
                Error::invalid_argument(format!("input `{}` is not set", Printable::at_most(&name, 64)))
            })?;
            values.inputs.push(bound.as_ptr());
        }
        values.outputs.clear();
        for output in outputs {
            values.outputs.push(match output {
                Output::Fixed(bound) => bound.as_ptr(),
                Output::Open { made, .. } => {
                    // It goes back before the next is made.
                    *made = Err(not_computed());
                    ptr::null_mut()
                }
            });
        }
        if values.inputs.len() != session.inputs.len() || values.outputs.len() != session.outputs.len() {
            return Err(Error::runtime("the request has not as many tensors as the model"));
        }
        Ok(())
    }

    /// Takes the tensors that the library has made.
    fn take_outputs(&mut self) {
        let Request { inputs, outputs, declared, values, session, .. } = self;
        let api = session.library.api;
        for (index, (output, pointer)) in outputs.iter_mut().zip(&values.outputs).enumerate() {
            let (Output::Open { made, copy }, Some(pointer)) = (output, NonNull::new(*pointer)) else {
                continue;
            };
            // Owned from here on, whatever it is.
            let value = Handle { pointer, release: entry!(api, ReleaseValue) };
            *copy = None;
            *made = Made::new(api, session.outputs.get(index), value).and_then(|made| {
                let declared = declared.get(index).ok_or_else(|| no_such("output", index))?;
                claims::check_made(declared, made.shape(api)?)?;
                Ok(made)
            });
            if let Ok(made) = made {
                let mut bound = inputs.iter().filter_map(|input| input.tensor.as_ref());
                if bound.any(|input| input.overlaps(made)) {
                    *copy = Some(made.bytes().to_vec());
                }
            }
        }
    }

    /// The bytes of an output.
    pub(crate) fn output(&self, index: usize) -> Result<&[u8], Error> {
        match self.outputs.get(index).ok_or_else(|| no_such("output", index))? {
            Output::Fixed(bound) => Ok(bound.bytes()),
            Output::Open { made: Ok(_), copy: Some(copy) } => Ok(copy),
            Output::Open { made, .. } => made.as_ref().map(Made::bytes).map_err(Error::clone),
        }
    }

    /// The shape of an output that the library made.
    pub(crate) fn made_shape(&self, index: usize) -> Result<Option<Vec<i64>>, Error> {
        match self.outputs.get(index).ok_or_else(|| no_such("output", index))? {
            Output::Fixed(_) => Ok(None),
            Output::Open { made, .. } => {
                let shape = made.as_ref().map_err(Error::clone)?.shape(self.session.library.api)?;
                Ok(Some(shape.to_vec()))
            }
        }
    }

    /// Overwrites what the last owner left.
    pub(crate) fn wipe(&mut self) {
        let inputs = self.inputs.iter_mut().filter_map(|input| input.tensor.as_mut());
        inputs.for_each(|bound| bound.bytes_mut().fill(0));
        for output in &mut self.outputs {
            match output {
                Output::Fixed(bound) => bound.bytes_mut().fill(0),
                Output::Open { made, copy } => (*made, *copy) = (Err(not_computed()), None),
            }
        }
    }
}

impl Input {
    /// Makes a tensor of another shape, in the memory of the last one if that is large enough.
    fn bind(
        &mut self,
        session: &Session,
        (tensor, code): (TensorType<'_>, i32),
        len: usize,
    ) -> Result<(), Error> {
        let buffer = self.tensor.take().map(Bound::into_buffer);
        let buffer = match buffer {
            Some(buffer) if buffer.capacity() >= len => buffer,
            // By half at least, so that a shape that creeps up does not allocate each time.
            Some(buffer) => Buffer::zeroed(len.max(buffer.capacity().saturating_mul(3) / 2))?,
            None => Buffer::zeroed(len)?,
        };
        let dimensions: Vec<i64> = tensor.dimensions().iter().copied().map(i64::from).collect();
        self.tensor = Some(Bound::new(&session.library, code, &dimensions, buffer, len)?);
        self.dimensions.clear();
        self.dimensions.extend_from_slice(tensor.dimensions());
        Ok(())
    }
}

fn no_such(kind: &str, index: usize) -> Error {
    Error::invalid_argument(format!("the model has no {kind} {index}"))
}

fn not_computed() -> Error {
    Error::invalid_argument("nothing has been computed yet")
}

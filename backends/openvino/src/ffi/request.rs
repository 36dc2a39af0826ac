//! Infer requests: inputs, a computation that can be cancelled, and outputs.

use super::model::{elements, host_tensor};
use super::{CompiledModel, Handle, check};
use crate::element;
use openvino_sys as sys;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;
use sys::ov_element_type_e as Element;
use sys::ov_status_e as Status;
use wasi_nn::{Cancel, Control, Error, TensorType};
use wasi_nn_native::Buffer;

/// What computes, for one guest at a time.
pub(crate) struct Request {
    handle: Arc<Handle<sys::ov_infer_request_t>>,
    /// Stops a computation from another thread, which is all that another thread does with the request. Made
    /// once, since each computation needs it.
    cancel: Cancel,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    /// Dropped last (outlived).
    _model: Arc<CompiledModel>,
}

/// An input, with the tensor that the request reads.
#[derive(Default)]
struct Input {
    tensor: Option<Tensor>,
    /// The tensor's memory, if it is ours: that of inputs whose shape is open.
    buffer: Option<Buffer>,
    /// The shape of the tensor in the buffer.
    dimensions: Vec<u32>,
}

/// An output, as of the last computation.
struct Output {
    tensor: Result<Tensor, Error>,
    /// A copy of the elements, if the library has them in the place of an input, as where a model just passes
    /// one on: the next input must not change them, and they must not go with it.
    copy: Option<Buffer>,
    /// Whether it is in the same place after each computation.
    stays: bool,
}

/// Which tensors the library makes together with a request, for their types are plain and their shapes fixed.
pub(crate) struct Fixed {
    pub(crate) inputs: Vec<bool>,
    pub(crate) outputs: Vec<bool>,
    /// Whether such outputs stay where they are. The library does not say so of all devices.
    pub(crate) outputs_stay: bool,
}

/// A tensor of plain elements, and where they lie.
struct Tensor {
    /// Keeps the memory, if it is the library's.
    handle: Handle<sys::ov_tensor_t>,
    data: NonNull<u8>,
    len: usize,
}

// SAFETY: the bytes are reached through the request only (unshared).
unsafe impl Send for Tensor {}
// SAFETY: as above.
unsafe impl Sync for Tensor {}

impl Request {
    /// A request, with zeroes in all tensors that are fixed.
    pub(crate) fn new(model: &Arc<CompiledModel>, fixed: &Fixed) -> Result<Self, Error> {
        // SAFETY: loaded; it writes an object for `ov_infer_request_free`.
        let handle = unsafe {
            Handle::new("making an infer request", sys::ov_infer_request_free, |request| {
                sys::ov_compiled_model_create_infer_request(model.handle.get(), request)
            })
        }?;
        let handle = Arc::new(handle);
        let cancelled = Arc::clone(&handle);
        let cancel: Cancel = Arc::new(move || {
            // SAFETY: loaded; the library lets a request be cancelled while another thread computes with it.
            // It does not touch tensors. A failure means that there was nothing to cancel.
            let _ = unsafe { sys::ov_infer_request_cancel(cancelled.get()) };
        });
        let mut request =
            Request { handle, cancel, inputs: Vec::new(), outputs: Vec::new(), _model: Arc::clone(model) };
        for (index, is_fixed) in fixed.inputs.iter().enumerate() {
            let tensor = if *is_fixed { Some(request.own_input(index)?) } else { None };
            request.inputs.push(Input { tensor, ..Input::default() });
        }
        for (index, is_fixed) in fixed.outputs.iter().enumerate() {
            let tensor = if *is_fixed { Ok(request.own_output(index)?) } else { Err(not_computed()) };
            let is_apart = tensor.as_ref().is_ok_and(|tensor| !request.is_in_an_input(tensor));
            request.outputs.push(Output { tensor, copy: None, stays: is_apart && fixed.outputs_stay });
        }
        // What the library allocates holds whatever was there before.
        request.wipe();
        Ok(request)
    }

    fn own_input(&self, index: usize) -> Result<Tensor, Error> {
        // SAFETY: loaded; it writes an object for `ov_tensor_free`.
        let handle = unsafe {
            Handle::new("asking for an input", sys::ov_tensor_free, |tensor| {
                sys::ov_infer_request_get_input_tensor_by_index(self.handle.get(), index, tensor)
            })
        }?;
        Tensor::view(handle)
    }

    fn own_output(&self, index: usize) -> Result<Tensor, Error> {
        // SAFETY: as above.
        let handle = unsafe {
            Handle::new("asking for an output", sys::ov_tensor_free, |tensor| {
                sys::ov_infer_request_get_output_tensor_by_index(self.handle.get(), index, tensor)
            })
        }?;
        Tensor::view(handle)
    }

    /// The bytes of an input, for a tensor of a type that fits it. `code` is the library's for that type, and as wide.
    pub(crate) fn input(
        &mut self,
        index: usize,
        tensor: TensorType<'_>,
        code: Element,
    ) -> Result<&mut [u8], Error> {
        let len = usize::try_from(tensor.byte_len()).unwrap_or(usize::MAX);
        let Request { handle, inputs, .. } = self;
        let input = inputs.get_mut(index).ok_or_else(|| no_such("input", index))?;
        if input.is_open() && (input.tensor.is_none() || input.dimensions != tensor.dimensions()) {
            input.bind(handle, index, (tensor, code), len)?;
        }
        match &mut input.tensor {
            Some(bound) if bound.len == len => Ok(bound.bytes_mut()),
            _ => Err(Error::invalid_argument(format!("input {index} does not take {len} bytes"))),
        }
    }

    /// The bytes of an input that was set; none of one that was not.
    pub(crate) fn input_bytes(&self, index: usize) -> &[u8] {
        self.inputs.get(index).and_then(|input| input.tensor.as_ref()).map_or(&[], Tensor::bytes)
    }

    /// Computes on the calling thread, until `control` says to stop.
    pub(crate) fn infer(&mut self, control: &Control) -> Result<(), Error> {
        let guard = control.cancel_with(&self.cancel)?;
        // The library may put these elsewhere, even if it fails.
        for output in self.outputs.iter_mut().filter(|output| !output.stays) {
            output.tensor = Err(not_computed());
        }
        // SAFETY: loaded; all bound inputs are alive (outlived), and nobody has their bytes (unshared).
        let status = unsafe { sys::ov_infer_request_infer(self.handle.get()) };
        drop(guard);
        if status != Status::OK {
            control.check()?;
            return check("computing", status);
        }
        for index in 0..self.outputs.len() {
            self.look_up_output(index);
        }
        Ok(())
    }

    /// Finds where an output is now.
    fn look_up_output(&mut self, index: usize) {
        if self.outputs.get(index).is_none_or(|output| output.stays) {
            return;
        }
        let tensor = self.own_output(index);
        let is_apart = tensor.as_ref().is_ok_and(|tensor| !self.is_in_an_input(tensor));
        if let Some(output) = self.outputs.get_mut(index) {
            output.tensor = match tensor {
                Ok(tensor) if !is_apart => tensor.moved(&mut output.copy),
                tensor => tensor,
            };
        }
    }

    /// Whether a tensor has memory in common with an input.
    fn is_in_an_input(&self, tensor: &Tensor) -> bool {
        let range = |data: NonNull<u8>, len: usize| {
            let start = data.addr().get();
            start..start.saturating_add(len)
        };
        let output = range(tensor.data, tensor.len);
        let mut inputs = self.inputs.iter().filter_map(|input| match (&input.buffer, &input.tensor) {
            (Some(buffer), _) => Some(range(buffer.pointer(), buffer.capacity())),
            (None, Some(tensor)) => Some(range(tensor.data, tensor.len)),
            (None, None) => None,
        });
        !output.is_empty() && inputs.any(|input| input.start < output.end && output.start < input.end)
    }

    /// The bytes of an output.
    pub(crate) fn output(&self, index: usize) -> Result<&[u8], Error> {
        let output = self.outputs.get(index).ok_or_else(|| no_such("output", index))?;
        output.tensor.as_ref().map(Tensor::bytes).map_err(Error::clone)
    }

    /// The shape of an output.
    pub(crate) fn output_shape(&self, index: usize) -> Result<Vec<i64>, Error> {
        let output = self.outputs.get(index).ok_or_else(|| no_such("output", index))?;
        output.tensor.as_ref().map_err(Error::clone)?.shape()
    }

    /// Overwrites what the last owner left.
    pub(crate) fn wipe(&mut self) {
        let inputs = self.inputs.iter_mut().filter_map(|input| input.tensor.as_mut());
        let outputs = self.outputs.iter_mut().filter_map(|output| output.tensor.as_mut().ok());
        for tensor in inputs.chain(outputs) {
            tensor.bytes_mut().fill(0);
        }
    }
}

impl Input {
    /// Whether its shape is open, so that its memory is ours.
    fn is_open(&self) -> bool {
        self.tensor.is_none() || self.buffer.is_some()
    }

    /// Gives the request a tensor of another shape, in the memory of the last one if that is large enough.
    fn bind(
        &mut self,
        request: &Handle<sys::ov_infer_request_t>,
        index: usize,
        (tensor, code): (TensorType<'_>, Element),
        len: usize,
    ) -> Result<(), Error> {
        let larger = match &self.buffer {
            Some(buffer) if buffer.capacity() >= len => None,
            // By half at least, so that a shape that creeps up does not allocate each time.
            Some(buffer) => Some(Buffer::zeroed(len.max(buffer.capacity().saturating_mul(3) / 2))?),
            None => Some(Buffer::zeroed(len)?),
        };
        let Some(memory) = larger.as_ref().or(self.buffer.as_ref()).map(Buffer::pointer) else {
            return Err(no_such("input", index));
        };
        let dimensions: Vec<i64> =
            tensor.dimensions().iter().map(|dimension| i64::from(*dimension)).collect();
        // SAFETY: loaded; the memory holds `len` bytes or more, which is what `TensorType` has worked out for
        // this type and shape, and is replaced only after the request has taken another tensor (outlived).
        let handle = unsafe { host_tensor(code, &dimensions, memory.as_ptr()) }?;
        // SAFETY: loaded.
        let status =
            unsafe { sys::ov_infer_request_set_input_tensor_by_index(request.get(), index, handle.get()) };
        check("setting an input", status)?;
        self.tensor = Some(Tensor { handle, data: memory, len });
        if larger.is_some() {
            self.buffer = larger;
        }
        self.dimensions.clear();
        self.dimensions.extend_from_slice(tensor.dimensions());
        Ok(())
    }
}

impl Tensor {
    /// Looks up where the elements lie, of which each has to be a plain number.
    fn view(handle: Handle<sys::ov_tensor_t>) -> Result<Self, Error> {
        let mut code = 0_u32;
        // SAFETY: loaded; the C enumeration is a `u32`, and is written to one, since it may have grown.
        let status =
            unsafe { sys::ov_tensor_get_element_type(handle.get(), (&raw mut code).cast::<Element>()) };
        check("asking for a tensor's type", status)?;
        if !element::is_plain(code) {
            return Err(Error::unsupported("the elements of the tensor are not plain numbers"));
        }
        let mut len = 0;
        // SAFETY: loaded.
        check("asking for a tensor's size", unsafe {
            sys::ov_tensor_get_byte_size(handle.get(), &raw mut len)
        })?;
        let mut data = ptr::null_mut();
        if len > 0 {
            // SAFETY: loaded.
            check("asking for a tensor's bytes", unsafe {
                sys::ov_tensor_data(handle.get(), &raw mut data)
            })?;
        }
        match NonNull::new(data.cast()) {
            Some(data) => Ok(Tensor { handle, data, len }),
            None if len == 0 => Ok(Tensor { handle, data: NonNull::dangling(), len }),
            None => Err(Error::runtime("OpenVINO keeps a tensor where the host cannot read it")),
        }
    }

    /// The same elements in memory of our own, that of the last time if it is large enough.
    fn moved(self, copy: &mut Option<Buffer>) -> Result<Self, Error> {
        let buffer = match copy.take().filter(|buffer| buffer.capacity() >= self.len) {
            Some(buffer) => buffer,
            None => Buffer::zeroed(self.len)?,
        };
        let data = buffer.pointer();
        // SAFETY: the buffer is ours, and has room; the elements are as `bytes` says.
        unsafe { ptr::copy_nonoverlapping(self.data.as_ptr(), data.as_ptr(), self.len) };
        *copy = Some(buffer);
        Ok(Tensor { data, ..self })
    }

    fn shape(&self) -> Result<Vec<i64>, Error> {
        let mut shape = sys::ov_shape_t { rank: 0, dims: ptr::null_mut() };
        // SAFETY: loaded.
        check("asking for a tensor's shape", unsafe {
            sys::ov_tensor_get_shape(self.handle.get(), &raw mut shape)
        })?;
        let rank = usize::try_from(shape.rank).unwrap_or_default();
        // SAFETY: the library wrote a shape of as many dimensions as its rank says, which stay until it is freed below.
        let dimensions = unsafe { elements(shape.dims, rank) }.to_vec();
        // SAFETY: the shape is the library's, and is not used any more.
        unsafe { sys::ov_shape_free(&raw mut shape) };
        Ok(dimensions)
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the library or `bind` put `len` bytes there, for as long as the tensor is held; nobody
        // changes them while the request is borrowed (unshared). They are plain numbers, and were written
        // once at least.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the request is borrowed for this alone.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }
}

fn no_such(kind: &str, index: usize) -> Error {
    Error::invalid_argument(format!("the model has no {kind} {index}"))
}

fn not_computed() -> Error {
    Error::invalid_argument("nothing has been computed yet")
}

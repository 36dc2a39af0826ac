//! Tensors: over memory of ours, and as the library made them.

use super::{Api, Handle, Library, check, entry};
use crate::element;
use ort_sys as sys;
use std::ffi::CStr;
use std::ptr::{self, NonNull};
use std::slice;
use wasi_nn::{Error, Printable};
use wasi_nn_native::Buffer;

/// A tensor over memory of ours, with all of the bytes that it has.
pub(super) struct Bound {
    /// Goes before the memory (outlived).
    value: Handle<sys::OrtValue>,
    buffer: Buffer,
    len: usize,
}

/// A tensor that the library made, and where its elements lie.
pub(super) struct Made {
    value: Handle<sys::OrtValue>,
    data: NonNull<u8>,
    len: usize,
}

// SAFETY: the bytes are reached through the request only (unshared).
unsafe impl Send for Made {}
// SAFETY: as above.
unsafe impl Sync for Made {}

impl Bound {
    /// A tensor in a buffer that has room for it.
    ///
    /// * `code`: the number of the element type
    /// * `dimensions`: which, with the type, make `len` bytes
    pub(super) fn new(
        library: &Library,
        code: i32,
        dimensions: &[i64],
        buffer: Buffer,
        len: usize,
    ) -> Result<Self, Error> {
        if len > buffer.capacity() {
            return Err(Error::runtime("a tensor is larger than its memory"));
        }
        // The declarations have the type as an enumeration, of which these are all that guests can name.
        let code = declared(code)?;
        let (memory, data) = (library.memory.get(), buffer.pointer().as_ptr().cast());
        // SAFETY: loaded; the buffer has `len` bytes and is kept with the value (outlived), and the library refuses a shape
        // that needs more of them; the list is as long as it is told; it writes an object for `ReleaseValue`.
        let value = unsafe {
            let create = entry!(library.api, CreateTensorWithDataAsOrtValue);
            Handle::new(library.api, "making a tensor", entry!(library.api, ReleaseValue), |value| {
                create(memory, data, len, dimensions.as_ptr(), dimensions.len(), code, value)
            })
        }?;
        Ok(Bound { value, buffer, len })
    }

    /// The memory, for a tensor of another shape.
    pub(super) fn into_buffer(self) -> Buffer {
        let Bound { value, buffer, .. } = self;
        drop(value);
        buffer
    }

    pub(super) fn as_ptr(&self) -> *mut sys::OrtValue {
        self.value.get()
    }

    /// Whether some memory of a buffer is also that of a tensor.
    pub(super) fn overlaps(&self, made: &Made) -> bool {
        let range = |data: NonNull<u8>, len: usize| {
            let start = data.addr().get();
            start..start.saturating_add(len)
        };
        let ours = range(self.buffer.pointer(), self.buffer.capacity());
        let theirs = range(made.data, made.len);
        !theirs.is_empty() && ours.start < theirs.end && theirs.start < ours.end
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the buffer has `len` bytes, which were zeroes at first; nobody changes them while the request is borrowed
        // (unshared).
        unsafe { slice::from_raw_parts(self.buffer.pointer().as_ptr(), self.len) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the request is borrowed for this alone.
        unsafe { slice::from_raw_parts_mut(self.buffer.pointer().as_ptr(), self.len) }
    }
}

impl Made {
    /// Looks up where the elements lie, of which each has to be a plain number.
    pub(super) fn new(api: Api, name: &CStr, value: Handle<sys::OrtValue>) -> Result<Self, Error> {
        const DOING: &str = "asking for a tensor";
        let mut is_tensor = 0;
        // SAFETY: loaded.
        check(api, DOING, unsafe { entry!(api, IsTensor)(value.get(), &raw mut is_tensor) })?;
        let shown = || Printable::at_most(&name.to_string_lossy(), 64).to_string();
        if is_tensor == 0 {
            return Err(Error::unsupported(format!("the output `{}` is no tensor", shown())));
        }
        let (element, _) = type_and_shape(api, &value)?;
        if element::is_string(element) {
            return Err(element::strings("output", &shown()));
        }
        if !element::is_plain(element) {
            let text = format!("the elements of the output `{}` are not plain numbers", shown());
            return Err(Error::unsupported(text));
        }
        let mut len = 0;
        // SAFETY: loaded.
        check(api, DOING, unsafe { entry!(api, GetTensorSizeInBytes)(value.get(), &raw mut len) })?;
        let mut data = ptr::null_mut();
        // SAFETY: loaded; outputs are in the processor's memory, for no request asks for another.
        check(api, DOING, unsafe { entry!(api, GetTensorMutableData)(value.get(), &raw mut data) })?;
        match NonNull::new(data.cast()) {
            Some(data) => Ok(Made { value, data, len }),
            None if len == 0 => Ok(Made { value, data: NonNull::dangling(), len }),
            None => Err(Error::runtime(format!("ONNX Runtime keeps the output `{}` elsewhere", shown()))),
        }
    }

    pub(super) fn shape(&self, api: Api) -> Result<&[i64], Error> {
        type_and_shape(api, &self.value).map(|(_, shape)| shape)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the library put `len` bytes there, for as long as the value is held; nobody changes them while the request is
        // borrowed (unshared), since they are not those of an input. They are plain numbers, and the computation wrote them.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

/// The number of a tensor's element type, and its dimensions.
fn type_and_shape(api: Api, value: &Handle<sys::OrtValue>) -> Result<(i32, &[i64]), Error> {
    let (mut element, mut dimensions, mut rank) = (0_i32, ptr::null(), 0);
    let get = entry!(api, GetTensorElementTypeAndShapeDataReference);
    // SAFETY: loaded; the C enumeration is an `i32`, and is written to one, since it may have grown.
    let status = unsafe { get(value.get(), (&raw mut element).cast(), &raw mut dimensions, &raw mut rank) };
    check(api, "asking for a tensor's shape", status)?;
    if rank == 0 || dimensions.is_null() {
        return Ok((element, &[]));
    }
    // SAFETY: the library wrote where the dimensions are, which stay as the value does.
    Ok((element, unsafe { slice::from_raw_parts(dimensions, rank) }))
}

/// A number of a type as the declarations have it.
fn declared(code: i32) -> Result<sys::ONNXTensorElementDataType, Error> {
    use sys::ONNXTensorElementDataType as Type;
    Ok(match code {
        1 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
        2 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
        3 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
        6 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
        7 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
        9 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,
        10 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16,
        11 => Type::ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
        _ => return Err(Error::unsupported(format!("no tensor is made of the type {code}"))),
    })
}

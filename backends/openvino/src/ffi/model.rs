//! OpenVINO's core object, and the models that it reads and compiles, with their ports.

use super::library::Variadic;
use super::{Handle, Library, check, text, text_of, with_its_own_text};
use openvino_sys as sys;
use std::ffi::{CStr, CString};
use std::ptr;
use std::slice;
use std::sync::Arc;
use sys::ov_element_type_e as Element;
use sys::ov_status_e as Status;
use wasi_nn::{Error, Model, Source};

/// How many properties can be given to a compilation: its variable arguments have to be written out.
pub(crate) const MAX_PROPERTIES: usize = 8;

/// The library's root object, which reads and compiles, from any number of threads at once.
pub(crate) struct Core {
    handle: Handle<sys::ov_core_t>,
    variadic: Variadic,
}

/// A model that was read and not compiled yet.
pub(crate) struct ReadModel {
    handle: Handle<sys::ov_model_t>,
    weights: Option<Weights>,
}

/// A model that is ready to run. All that is called on it may be called by several threads at once.
pub(crate) struct CompiledModel {
    pub(super) handle: Handle<sys::ov_compiled_model_t>,
    /// The library reads constants from where they lie (outlived).
    _weights: Option<Weights>,
}

/// An input or an output, as the library describes it.
pub(crate) struct RawPort {
    pub(crate) name: String,
    /// The number of the element type.
    pub(crate) element: u32,
    /// Without a value, the number of dimensions is open; an open dimension has none either.
    pub(crate) shape: Option<Vec<Option<i64>>>,
}

/// The constants of a model in memory, and the memory.
struct Weights {
    tensor: Handle<sys::ov_tensor_t>,
    _model: Arc<Model>,
}

impl Core {
    pub(crate) fn new(library: &Library) -> Result<Self, Error> {
        // SAFETY: loaded; it writes an object for `ov_core_free`.
        let handle = unsafe { Handle::new("starting", sys::ov_core_free, |core| sys::ov_core_create(core)) }?;
        Ok(Core { handle, variadic: library.variadic })
    }

    /// Reads a file, and a second one with weights, which is otherwise looked for beside it.
    pub(crate) fn read_file(&self, file: &CStr, weights: Option<&CStr>) -> Result<ReadModel, Error> {
        let weights = weights.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: loaded; the names end with a NUL and are copied; it writes an object for `ov_model_free`.
        let handle = with_its_own_text(|| unsafe {
            Handle::new("reading the model", sys::ov_model_free, |read| {
                sys::ov_core_read_model(self.handle.get(), file.as_ptr(), weights, read)
            })
        })?;
        Ok(ReadModel { handle, weights: None })
    }

    /// Reads the first part of a model in memory, with the second one as its weights.
    pub(crate) fn read_memory(&self, model: &Arc<Model>) -> Result<ReadModel, Error> {
        let Source::Bytes(parts) = &model.source else {
            return Err(Error::invalid_argument("the model is not in memory"));
        };
        let main = parts.first().map(Vec::as_slice).unwrap_or_default();
        let weights = match parts.get(1) {
            Some(bytes) if !bytes.is_empty() => Some(Weights::new(bytes, model)?),
            _ => None,
        };
        let tensor = weights.as_ref().map_or(ptr::null_mut(), |weights| weights.tensor.get());
        // SAFETY: loaded; the text is copied, and as long as it says; the weights are kept with the model
        // (outlived); it writes an object for `ov_model_free`.
        let handle = with_its_own_text(|| unsafe {
            Handle::new("reading the model", sys::ov_model_free, |read| {
                sys::ov_core_read_model_from_memory_buffer(
                    self.handle.get(),
                    main.as_ptr().cast(),
                    main.len(),
                    tensor,
                    read,
                )
            })
        })?;
        Ok(ReadModel { handle, weights })
    }

    /// Compiles a model for a device, with [`MAX_PROPERTIES`] properties at most.
    pub(crate) fn compile(
        &self,
        model: ReadModel,
        device: &CStr,
        properties: &[(CString, CString)],
    ) -> Result<CompiledModel, Error> {
        let mut texts = [ptr::null(); 2 * MAX_PROPERTIES];
        let given = properties.iter().flat_map(|(key, value)| [key.as_ptr(), value.as_ptr()]);
        for (place, text) in texts.iter_mut().zip(given) {
            *place = text;
        }
        let count = texts.len().min(2 * properties.len());
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = texts;
        // SAFETY: loaded; the texts end with a NUL and are copied, and at least as many follow as are
        // announced; the weights move on to the compiled model (outlived); it writes an object for
        // `ov_compiled_model_free`.
        let handle = with_its_own_text(|| unsafe {
            Handle::new("compiling the model", sys::ov_compiled_model_free, |compiled| {
                let (core, model, device) = (self.handle.get(), model.handle.get(), device.as_ptr());
                let compile = self.variadic.compile_model;
                compile(core, model, device, count, compiled, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
            })
        })?;
        Ok(CompiledModel { handle, _weights: model.weights })
    }

    /// Sets a property of a device for all models, unless a compilation says otherwise.
    pub(crate) fn set_property(&self, device: &CStr, key: &CStr, value: &CStr) -> Result<(), Error> {
        let set = self.variadic.set_property;
        // SAFETY: loaded; the texts end with a NUL and are copied.
        check("setting a property", unsafe {
            set(self.handle.get(), device.as_ptr(), key.as_ptr(), value.as_ptr())
        })
    }

    /// The devices that the library can use here, as `CPU` or `GPU.0`.
    pub(crate) fn devices(&self) -> Result<Vec<String>, Error> {
        let mut list = sys::ov_available_devices_t { devices: ptr::null_mut(), size: 0 };
        // SAFETY: loaded.
        check("listing devices", unsafe {
            sys::ov_core_get_available_devices(self.handle.get(), &raw mut list)
        })?;
        // SAFETY: the library wrote a list of as many texts as it says, which stay until it is freed below.
        let devices = unsafe { elements(list.devices, list.size) }
            .iter()
            // SAFETY: as above.
            .map(|name| unsafe { text_of(*name) })
            .collect();
        // SAFETY: the list is the library's, and is not used any more.
        unsafe { sys::ov_available_devices_free(&raw mut list) };
        Ok(devices)
    }
}

impl Weights {
    fn new(bytes: &[u8], model: &Arc<Model>) -> Result<Self, Error> {
        // SAFETY: the bytes belong to a model that is kept beside the tensor, and that nobody can change
        // while it is shared. The library reads constants and does not write them.
        let tensor = unsafe {
            host_tensor(
                Element::U8,
                &[i64::try_from(bytes.len()).unwrap_or(i64::MAX)],
                bytes.as_ptr().cast_mut(),
            )
        }?;
        Ok(Weights { tensor, _model: Arc::clone(model) })
    }
}

impl ReadModel {
    /// The name that the model gives itself.
    pub(crate) fn name(&self) -> Result<String, Error> {
        // SAFETY: loaded; it writes a text for `ov_free`.
        unsafe {
            text("asking for the model's name", |name| {
                sys::ov_model_get_friendly_name(self.handle.get(), name)
            })
        }
    }
}

impl CompiledModel {
    pub(crate) fn property(&self, key: &CStr) -> Result<String, Error> {
        // SAFETY: loaded; the key ends with a NUL; it writes a text for `ov_free`.
        unsafe {
            text("asking for a property", |value| {
                sys::ov_compiled_model_get_property(self.handle.get(), key.as_ptr(), value)
            })
        }
    }

    /// The inputs, in the order of the model's declaration.
    pub(crate) fn inputs(&self) -> Result<Vec<RawPort>, Error> {
        // SAFETY: loaded; the functions are a pair, and the second writes an object for `Handle`.
        unsafe { self.ports(sys::ov_compiled_model_inputs_size, sys::ov_compiled_model_input_by_index) }
    }

    /// The outputs, likewise.
    pub(crate) fn outputs(&self) -> Result<Vec<RawPort>, Error> {
        // SAFETY: as above.
        unsafe { self.ports(sys::ov_compiled_model_outputs_size, sys::ov_compiled_model_output_by_index) }
    }

    /// # Safety
    ///
    /// `by_index` writes a port for `ov_output_const_port_free`.
    unsafe fn ports(
        &self,
        count: unsafe fn(*const sys::ov_compiled_model_t, *mut usize) -> Status,
        by_index: unsafe fn(
            *const sys::ov_compiled_model_t,
            usize,
            *mut *mut sys::ov_output_const_port_t,
        ) -> Status,
    ) -> Result<Vec<RawPort>, Error> {
        let mut size = 0;
        // SAFETY: loaded.
        check("counting ports", unsafe { count(self.handle.get(), &raw mut size) })?;
        let port = |index| {
            // SAFETY: loaded, and what this function asks of its caller.
            let handle = unsafe {
                Handle::new("asking for a port", sys::ov_output_const_port_free, |port| {
                    by_index(self.handle.get(), index, port)
                })
            }?;
            RawPort::read(&handle)
        };
        (0..size).map(port).collect()
    }
}

impl RawPort {
    fn read(port: &Handle<sys::ov_output_const_port_t>) -> Result<Self, Error> {
        // SAFETY: loaded; it writes a text for `ov_free`.
        let name =
            unsafe { text("asking for a port's name", |name| sys::ov_port_get_any_name(port.get(), name)) };
        let mut element = 0_u32;
        // SAFETY: loaded; the C enumeration is a `u32`, and is written to one, since it may have grown.
        let status =
            unsafe { sys::ov_port_get_element_type(port.get(), (&raw mut element).cast::<Element>()) };
        check("asking for a port's type", status)?;
        // A port without a name is not an error, though the library makes one of it.
        Ok(RawPort { name: name.unwrap_or_default(), element, shape: partial_shape(port)? })
    }
}

fn partial_shape(port: &Handle<sys::ov_output_const_port_t>) -> Result<Option<Vec<Option<i64>>>, Error> {
    let open = sys::ov_dimension { min: 0, max: -1 };
    let mut shape = sys::ov_partial_shape { rank: open, dims: ptr::null_mut() };
    // SAFETY: loaded.
    let status = unsafe { sys::ov_port_get_partial_shape(port.get(), &raw mut shape) };
    check("asking for a port's shape", status)?;
    let fixed = |dimension: &sys::ov_dimension| (dimension.min == dimension.max).then_some(dimension.min);
    let rank = fixed(&shape.rank).and_then(|rank| usize::try_from(rank).ok());
    // SAFETY: the library wrote a shape of as many dimensions as its rank says.
    let dimensions = rank.map(|rank| unsafe { elements(shape.dims, rank) }.iter().map(fixed).collect());
    // SAFETY: the shape is the library's, and is not used any more.
    unsafe { sys::ov_partial_shape_free(&raw mut shape) };
    Ok(dimensions)
}

/// An array of the library's, which may be null if it is empty.
///
/// # Safety
///
/// `len` elements lie at `pointer`, and stay while the slice is used.
pub(super) unsafe fn elements<'a, T>(pointer: *const T, len: usize) -> &'a [T] {
    if pointer.is_null() {
        return &[];
    }
    // SAFETY: what this function asks of its caller.
    unsafe { slice::from_raw_parts(pointer, len) }
}

/// A tensor over memory of ours.
///
/// # Safety
///
/// A library is loaded. The memory is as large as the shape and the type say, which nobody else checks, and
/// stays as long as anything uses the tensor.
pub(super) unsafe fn host_tensor(
    element: Element,
    dimensions: &[i64],
    memory: *mut u8,
) -> Result<Handle<sys::ov_tensor_t>, Error> {
    let rank = i64::try_from(dimensions.len()).unwrap_or(i64::MAX);
    let mut shape = sys::ov_shape_t { rank: 0, dims: ptr::null_mut() };
    // SAFETY: loaded; the list is as long as it says, and is copied.
    check("making a shape", unsafe { sys::ov_shape_create(rank, dimensions.as_ptr(), &raw mut shape) })?;
    // SAFETY: loaded, and what this function asks of its caller; it writes an object for `ov_tensor_free`.
    let tensor = unsafe {
        Handle::new("making a tensor", sys::ov_tensor_free, |tensor| {
            sys::ov_tensor_create_from_host_ptr(element, shape, memory.cast(), tensor)
        })
    };
    // SAFETY: the shape is the library's; the tensor has copied it.
    unsafe { sys::ov_shape_free(&raw mut shape) };
    tensor
}

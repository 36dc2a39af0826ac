//! The native side for OpenVINO: its C API, with tensors that are bound once.
#![expect(unsafe_code, reason = "OpenVINO is a native library")]

use crate::cases::{Case, Element};
use crate::crew::Worker;
use nn_models::packages::openvino_libs;
use openvino_sys as sys;
use std::ptr;
use std::sync::Arc;
use sys::ov_status_e as Status;

/// Loads the library for all sides: the bindings hold one for the process.
pub(crate) fn load_library() {
    let libs = openvino_libs().unwrap_or_else(|absent| panic!("{absent}"));
    let is_library = |name: &str| name.starts_with("libopenvino_c.so");
    let file = libs
        .read_dir()
        .expect("the wheel has libraries")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_library))
        .expect("the wheel has the library of the C API");
    sys::library::load_from(file).expect("the wheel fits the machine");
}

/// Infer requests without guests, on one compiled model.
pub(crate) fn start(case: &Case, count: usize) -> Vec<Box<dyn Worker>> {
    load_library();
    let model = Arc::new(Compiled::new(&case.onnx));
    (0..count).map(|_| Box::new(Request::new(Arc::clone(&model), case)) as Box<dyn Worker>).collect()
}

struct Compiled {
    core: *mut sys::ov_core_t,
    model: *mut sys::ov_compiled_model_t,
}

// SAFETY: objects of the library belong to no thread, and requests may be made of a model on several.
unsafe impl Send for Compiled {}
// SAFETY: as above.
unsafe impl Sync for Compiled {}

impl Compiled {
    fn new(onnx: &[u8]) -> Self {
        // As ours has it, and anyone who wants one answer after the other and the same on every machine.
        let properties = [(c"PERFORMANCE_HINT", c"LATENCY"), (c"EXECUTION_MODE_HINT", c"ACCURACY")]
            .map(|(key, value)| sys::ov_property_t { key: key.as_ptr(), value: value.as_ptr().cast() });
        // SAFETY: the library is loaded; texts end with a NUL, or are as long as it says, and are copied; the model is
        // freed when it is not used any more.
        unsafe {
            let core = made(|core| sys::ov_core_create(core));
            let read = made(|read| {
                let (text, len) = (onnx.as_ptr().cast(), onnx.len());
                sys::ov_core_read_model_from_memory_buffer(core, text, len, ptr::null(), read)
            });
            let model = made(|model| {
                let (count, properties) = (properties.len(), properties.as_ptr());
                sys::ov_core_compile_model_props(core, read, c"CPU".as_ptr(), count, properties, model)
            });
            sys::ov_model_free(read);
            Compiled { core, model }
        }
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: both were made for this, and requests keep the model until they are gone.
        unsafe {
            sys::ov_compiled_model_free(self.model);
            sys::ov_core_free(self.core);
        }
    }
}

struct Request {
    request: *mut sys::ov_infer_request_t,
    input: Tensor,
    output: Tensor,
    from: Vec<u8>,
    to: Vec<u8>,
    /// Dropped last.
    _model: Arc<Compiled>,
}

// SAFETY: a request belongs to no thread, and only its owner uses it.
unsafe impl Send for Request {}

impl Request {
    fn new(model: Arc<Compiled>, case: &Case) -> Self {
        let element = match case.element {
            Element::F32 => sys::ov_element_type_e::F32,
            Element::I32 => sys::ov_element_type_e::I32,
        };
        let input = Tensor::new(element, &case.shape);
        let output = Tensor::new(sys::ov_element_type_e::F32, &case.output);
        // SAFETY: the library is loaded; the request keeps the tensors' memory alive by itself.
        let request = unsafe {
            let request = made(|request| sys::ov_compiled_model_create_infer_request(model.model, request));
            ok(sys::ov_infer_request_set_input_tensor_by_index(request, 0, input.tensor));
            ok(sys::ov_infer_request_set_output_tensor_by_index(request, 0, output.tensor));
            request
        };
        Request {
            request,
            input,
            output,
            from: case.input.clone(),
            to: vec![0; case.output_len()],
            _model: model,
        }
    }
}

impl Worker for Request {
    fn run(&mut self, n: u32) {
        for _ in 0..n {
            // SAFETY: the tensors have as many bytes as the case says, and the library does not touch them between
            // computations.
            unsafe {
                ptr::copy_nonoverlapping(self.from.as_ptr(), self.input.data, self.from.len());
                ok(sys::ov_infer_request_infer(self.request));
                ptr::copy_nonoverlapping(self.output.data, self.to.as_mut_ptr(), self.to.len());
            }
        }
    }

    fn output(&self) -> Vec<u8> {
        self.to.clone()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: it was made for this.
        unsafe { sys::ov_infer_request_free(self.request) };
    }
}

/// A tensor whose memory is the library's, aligned as it likes best.
struct Tensor {
    tensor: *mut sys::ov_tensor_t,
    data: *mut u8,
}

impl Tensor {
    fn new(element: sys::ov_element_type_e, shape: &[u32]) -> Self {
        let mut sizes: Vec<i64> = shape.iter().map(|size| i64::from(*size)).collect();
        let rank = i64::try_from(sizes.len()).expect("it is small");
        let shape = sys::ov_shape_t { rank, dims: sizes.as_mut_ptr() };
        // SAFETY: the library is loaded, and copies the shape.
        unsafe {
            let tensor = made(|tensor| sys::ov_tensor_create(element, shape, tensor));
            let data = made(|data| sys::ov_tensor_data(tensor, data));
            Tensor { tensor, data: data.cast() }
        }
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        // SAFETY: it was made for this.
        unsafe { sys::ov_tensor_free(self.tensor) };
    }
}

/// What `make` writes.
fn made<T>(make: impl FnOnce(*mut *mut T) -> Status) -> *mut T {
    let mut made = ptr::null_mut();
    ok(make(&raw mut made));
    made
}

fn ok(status: Status) {
    assert_eq!(status, Status::OK, "OpenVINO failed");
}

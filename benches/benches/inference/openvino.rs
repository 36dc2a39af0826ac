//! The native side for OpenVINO: the crate `openvino`, as its documentation has it, with tensors that are bound once.

use crate::cases::{Case, Element};
use crate::crew::Worker;
use nn_models::packages::openvino_libs;
use openvino::{Core, DeviceType, ElementType, InferRequest, RwPropertyKey, Shape, Tensor};

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
    openvino_sys::library::load_from(file).expect("the wheel fits the machine");
}

/// Infer requests without guests, on one compiled model.
pub(crate) fn start(case: &Case, count: usize) -> Vec<Box<dyn Worker>> {
    load_library();
    let mut core = Core::new().expect("the library is loaded");
    // As ours has it, and anyone who wants one answer after the other and the same on every machine.
    let properties =
        [(RwPropertyKey::HintPerformanceMode, "LATENCY"), (RwPropertyKey::HintExecutionMode, "ACCURACY")];
    core.set_properties(&DeviceType::CPU, properties).expect("OpenVINO knows them");
    let model = core.read_model_from_buffer(&case.onnx(), None).expect("OpenVINO reads the model");
    let mut model = core.compile_model(&model, DeviceType::CPU).expect("OpenVINO compiles the model");
    let element = match case.element {
        Element::F32 => ElementType::F32,
        Element::I32 => ElementType::I32,
    };
    let worker = |_| {
        let mut request = model.create_infer_request().expect("the model is compiled");
        let (input, output) = (tensor(element, case.shape), tensor(ElementType::F32, case.output));
        request.set_input_tensor(&input).expect("the model has one input of this shape");
        request.set_output_tensor(&output).expect("the model has one output of this shape");
        Box::new(Native { request, input, output, from: case.input(), to: vec![0; case.output_len()] })
            as Box<dyn Worker>
    };
    (0..count).map(worker).collect()
}

fn tensor(element: ElementType, shape: &[u32]) -> Tensor {
    let sizes: Vec<i64> = shape.iter().map(|size| i64::from(*size)).collect();
    let shape = Shape::new(&sizes).expect("it is small");
    Tensor::new(element, &shape).expect("there is memory")
}

struct Native {
    request: InferRequest,
    input: Tensor,
    output: Tensor,
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Worker for Native {
    fn run(&mut self, n: u64) {
        for _ in 0..n {
            self.input.get_raw_data_mut().expect("it has data").copy_from_slice(&self.from);
            self.request.infer().expect("the model runs");
            self.to.copy_from_slice(self.output.get_raw_data().expect("it has data"));
        }
    }

    fn output(&self) -> Vec<u8> {
        self.to.clone()
    }
}

//! The native side for ONNX Runtime: the crate `ort`, as its documentation has it, with an input that is kept.

use crate::cases::{Case, Element};
use crate::crew::Worker;
use nn_models::packages::onnxruntime_libs;
use ort::environment::Environment;
use ort::inputs;
use ort::session::Session;
use ort::value::{PrimitiveTensorElementType, Tensor};
use std::fmt::Debug;
use std::sync::LazyLock;

/// The library for all sides, which have one environment together.
static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
    let libs = onnxruntime_libs().unwrap_or_else(|absent| panic!("{absent}"));
    let is_library = |name: &str| name.starts_with("libonnxruntime.so");
    let file = libs
        .read_dir()
        .expect("the wheel has libraries")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_library))
        .expect("the wheel has the library");
    ort::init_from(file).expect("the wheel fits the machine").build().expect("the library starts")
});

/// How many threads a computation has: all there are for one at a time, and one for each of several.
pub(crate) fn threads(count: usize) -> Option<usize> {
    (count > 1).then_some(1)
}

/// Sessions without guests. `ort` lends a session to one computation at a time, so each has its own.
pub(crate) fn start(case: &Case, count: usize) -> Vec<Box<dyn Worker>> {
    let worker = |_| match case.element {
        Element::F32 => {
            native(case, count, case.input().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)))
        }
        Element::I32 => {
            native(case, count, case.input().as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)))
        }
    };
    (0..count).map(worker).collect()
}

fn native<T>(case: &Case, count: usize, input: impl Iterator<Item = T>) -> Box<dyn Worker>
where
    T: PrimitiveTensorElementType + Clone + Copy + Debug + Send + 'static,
{
    let mut builder = Session::builder(&ENVIRONMENT).expect("there is an environment");
    if let Some(threads) = threads(count) {
        builder = builder.with_intra_threads(threads).expect("ONNX Runtime knows threads");
    }
    let session = builder.commit_from_memory(&case.onnx()).expect("ONNX Runtime reads the model");
    let from: Vec<T> = input.collect();
    let shape: Vec<i64> = case.shape.iter().map(|size| i64::from(*size)).collect();
    let input = Tensor::from_array((shape, from.clone())).expect("there is memory");
    Box::new(Native { session, input, from, to: vec![0.0; case.output_len() / 4] })
}

struct Native<T: PrimitiveTensorElementType + Debug> {
    session: Session,
    input: Tensor<T>,
    from: Vec<T>,
    to: Vec<f32>,
}

impl<T: PrimitiveTensorElementType + Copy + Debug + Send> Worker for Native<T> {
    fn run(&mut self, n: u64) {
        for _ in 0..n {
            self.input.extract_tensor_mut().1.copy_from_slice(&self.from);
            let outputs = self.session.run(inputs![&self.input]).expect("the model runs");
            let (_, output) = outputs[0].try_extract_tensor::<f32>().expect("it has data");
            self.to.copy_from_slice(output);
        }
    }

    fn output(&self) -> Vec<u8> {
        self.to.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

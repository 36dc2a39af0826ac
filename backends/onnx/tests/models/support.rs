//! Helpers that load models and run them once.

pub(crate) use backend_tests::{CPU, run, set};
use nn_models::onnx::{Message, ModelProto};
use nn_models::{Sketch, Tensor};
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use wasi_nn_onnx::{Onnx, OnnxLimits};

/// What can be loaded, to its bytes.
pub(crate) trait IntoBytes {
    fn into_bytes(self) -> Vec<u8>;
}

impl IntoBytes for Vec<u8> {
    fn into_bytes(self) -> Vec<u8> {
        self
    }
}

impl IntoBytes for Sketch {
    fn into_bytes(self) -> Vec<u8> {
        self.onnx()
    }
}

impl IntoBytes for ModelProto {
    fn into_bytes(self) -> Vec<u8> {
        ModelProto::into_bytes(self)
    }
}

pub(crate) fn of_guest(model: impl IntoBytes) -> Arc<Model> {
    let source = Source::Bytes(vec![model.into_bytes()]);
    Arc::new(Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Guest })
}

pub(crate) fn of_host(source: Source) -> Arc<Model> {
    Arc::new(Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Host })
}

pub(crate) fn load(model: impl IntoBytes) -> Result<Arc<dyn Graph>, Error> {
    load_with(model, |_| {})
}

/// Loads a guest's model with other limits than usual.
pub(crate) fn load_with(
    model: impl IntoBytes,
    change: impl FnOnce(&mut OnnxLimits),
) -> Result<Arc<dyn Graph>, Error> {
    let mut limits = OnnxLimits::default();
    change(&mut limits);
    Onnx::with_limits(limits).load(of_guest(model), &CPU, &Control::unbounded())
}

#[track_caller]
pub(crate) fn refused(loaded: Result<Arc<dyn Graph>, Error>) -> (ErrorKind, String) {
    match loaded {
        Ok(_) => panic!("the model was loaded"),
        Err(error) => (error.kind(), error.to_string()),
    }
}

/// Loads a model, and runs it once.
pub(crate) fn run_once(model: impl IntoBytes, inputs: &[Tensor]) -> Result<Vec<Vec<u8>>, Error> {
    let graph = load(model)?;
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded())?;
    run(execution.as_mut(), inputs, graph.outputs().len())
}

/// An output of which the model says the name and the type.
pub(crate) fn untyped(name: &str) -> Message {
    let kind = Message::new().message(1, Message::new().varint(1, 1));
    Message::new().message(12, Message::new().bytes(1, name).message(2, kind))
}

pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

//! Helpers that find the library and load models.

pub(crate) use backend_tests::{CPU, element, run, set};
use nn_models::packages;
use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use wasi_nn_onnxruntime::{OnnxRuntime, OnnxRuntimeBuilder};

/// The folder of the library; `None` where it is absent and may be. Another release is tested by its path in
/// `WASI_NN_ONNXRUNTIME`.
pub(crate) fn libs() -> Option<PathBuf> {
    match env::var_os("WASI_NN_ONNXRUNTIME") {
        Some(path) => Some(path.into()),
        None => packages::or_skip(packages::onnxruntime_libs()),
    }
}

/// A builder that has the library's path.
pub(crate) fn builder() -> Option<OnnxRuntimeBuilder> {
    let mut builder = OnnxRuntime::builder();
    builder.library(libs()?);
    Some(builder)
}

pub(crate) fn onnx_runtime() -> Option<OnnxRuntime> {
    Some(builder()?.build().unwrap())
}

pub(crate) fn onnx(onnx: impl Into<Vec<u8>>) -> Arc<Model> {
    of(onnx.into(), Origin::Host)
}

pub(crate) fn of(bytes: Vec<u8>, origin: Origin) -> Arc<Model> {
    Arc::new(Model { encoding: GraphEncoding::Onnx, source: Source::Bytes(vec![bytes]), origin })
}

pub(crate) fn file(path: PathBuf) -> Arc<Model> {
    let (encoding, origin) = (GraphEncoding::Onnx, Origin::Host);
    Arc::new(Model { encoding, source: Source::Files(vec![path]), origin })
}

pub(crate) fn load(backend: &OnnxRuntime, model: Arc<Model>) -> Result<Arc<dyn Graph>, Error> {
    backend.load(model, &CPU, &Control::unbounded())
}

/// The error that loading ends with.
#[track_caller]
pub(crate) fn refusal(backend: &OnnxRuntime, model: Arc<Model>) -> (ErrorKind, String) {
    match load(backend, model) {
        Err(error) => (error.kind(), error.to_string()),
        Ok(_) => panic!("the model was loaded"),
    }
}

/// Elements of type `f32`, as bytes.
pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

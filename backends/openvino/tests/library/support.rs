//! Helpers that find the library and load models.

pub(crate) use backend_tests::{CPU, element, run};
use nn_models::ir::Files;
use nn_models::packages;
use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, ErrorKind, GraphEncoding, Model, Origin, Source};
use wasi_nn_openvino::{OpenVino, OpenVinoBuilder};

/// The folder of the library; `None` where it is absent and may be. Another release is tested by its path in
/// `WASI_NN_OPENVINO`.
pub(crate) fn libs() -> Option<PathBuf> {
    match env::var_os("WASI_NN_OPENVINO") {
        Some(path) => Some(path.into()),
        None => packages::or_skip(packages::openvino_libs()),
    }
}

/// A builder that has the library's path.
pub(crate) fn builder() -> Option<OpenVinoBuilder> {
    let mut builder = OpenVino::builder();
    builder.library(libs()?);
    Some(builder)
}

pub(crate) fn openvino() -> Option<OpenVino> {
    Some(builder()?.build().unwrap())
}

pub(crate) fn ir(files: Files, origin: Origin) -> Arc<Model> {
    bytes(GraphEncoding::OpenVino, vec![files.xml.into_bytes(), files.weights], origin)
}

pub(crate) fn onnx(onnx: Vec<u8>) -> Arc<Model> {
    bytes(GraphEncoding::Onnx, vec![onnx], Origin::Host)
}

pub(crate) fn bytes(encoding: GraphEncoding, parts: Vec<Vec<u8>>, origin: Origin) -> Arc<Model> {
    Arc::new(Model { encoding, source: Source::Bytes(parts), origin })
}

pub(crate) fn load(openvino: &OpenVino, model: Arc<Model>) -> Result<Arc<dyn Graph>, Error> {
    openvino.load(model, &CPU, &Control::unbounded())
}

/// The error that loading ends with.
pub(crate) fn refusal(openvino: &OpenVino, model: Arc<Model>) -> (ErrorKind, String) {
    match load(openvino, model) {
        Err(error) => (error.kind(), error.to_string()),
        Ok(_) => panic!("the model was loaded"),
    }
}

/// Elements of type `f32`, as bytes.
pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

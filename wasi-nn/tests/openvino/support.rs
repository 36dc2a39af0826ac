//! Loading models, and computing with them.

use nn_models::ir::Files;
use nn_models::packages;
use nn_models::{Element, Tensor};
use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use wasi_nn::backend::openvino::{OpenVino, OpenVinoBuilder};
use wasi_nn::backend::{Backend, Execution, Graph};
use wasi_nn::{
    Control, Device, ElementType, Error, ErrorKind, ExecutionTarget, GraphEncoding, Model, Origin, Source,
    TensorType,
};

pub(crate) const CPU: Device = Device::Target(ExecutionTarget::Cpu);

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

pub(crate) fn element(element: Element) -> ElementType {
    match element {
        Element::F16 => ElementType::F16,
        Element::F32 => ElementType::F32,
        Element::F64 => ElementType::F64,
        Element::U8 => ElementType::U8,
        Element::I32 => ElementType::I32,
        Element::I64 => ElementType::I64,
    }
}

/// Copies a tensor into an input.
pub(crate) fn set(execution: &mut dyn Execution, index: usize, tensor: &Tensor) -> Result<(), Error> {
    let kind = TensorType::new(element(tensor.element), &tensor.dims)?;
    execution.input(index, kind)?.copy_from_slice(&tensor.bytes);
    Ok(())
}

/// Sets all inputs, computes, and gives all outputs.
pub(crate) fn run(
    execution: &mut dyn Execution,
    inputs: &[Tensor],
    outputs: usize,
) -> Result<Vec<Vec<u8>>, Error> {
    for (index, tensor) in inputs.iter().enumerate() {
        set(execution, index, tensor)?;
    }
    execution.compute(&Control::unbounded())?;
    (0..outputs).map(|index| execution.output(index).map(<[u8]>::to_vec)).collect()
}

/// Elements of type `f32`, as bytes.
pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

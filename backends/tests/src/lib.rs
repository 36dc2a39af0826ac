//! Helpers for the tests of backends, which compute with a graph without a guest; and the checks that several backends share.
#![forbid(unsafe_code)]

pub mod buffers;
pub mod control;
pub mod golden;
pub mod guests;
pub mod products;
pub mod search;
pub mod threads;

use nn_models::{Element, Tensor};
use wasi_nn::backend::Execution;
use wasi_nn::{Control, Device, ElementType, Error, ExecutionTarget, LoadOptions, TensorType};

/// The defaults, on the processor.
pub const CPU: LoadOptions = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));

/// The element type of a model of the tests, as the witx has it.
pub fn element(element: Element) -> ElementType {
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
pub fn set(execution: &mut dyn Execution, index: usize, tensor: &Tensor) -> Result<(), Error> {
    let kind = TensorType::new(element(tensor.element), &tensor.dims)?;
    execution.input(index, kind)?.copy_from_slice(&tensor.bytes);
    Ok(())
}

/// Sets all inputs, computes, and gives the bytes of all outputs.
pub fn run(execution: &mut dyn Execution, inputs: &[Tensor], outputs: usize) -> Result<Vec<Vec<u8>>, Error> {
    for (index, tensor) in inputs.iter().enumerate() {
        set(execution, index, tensor)?;
    }
    execution.compute(&Control::unbounded())?;
    (0..outputs).map(|index| execution.output(index).map(<[u8]>::to_vec)).collect()
}

//! A guest's model for the embedded engine: loaded, and computed with if that worked.
#![no_main]

use fuzz::contain_panics;
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::onnx::{Onnx, OnnxLimits};
use wasi_nn::backend::{Backend, PortType};
use wasi_nn::{
    Control, Device, ExecutionTarget, GraphEncoding, InterruptHandle, Model, Origin, Source, TensorType,
};

fuzz_target!(init: contain_panics(), |model: &[u8]| { compute(model); });

/// Where it stopped, if it did not get to the end.
fn compute(model: &[u8]) -> Option<()> {
    let mut limits = OnnxLimits::default();
    limits.max_tensor_bytes = 1 << 20;
    limits.max_total_bytes = 1 << 22;
    limits.max_work = 1 << 24;
    let source = Source::Bytes(vec![model.to_vec()]);
    let model = Arc::new(Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Guest });
    let device = Device::Target(ExecutionTarget::Cpu);
    let control = Control::new(Some(Duration::from_secs(2)), &InterruptHandle::default());
    let graph = Onnx::with_limits(limits).load(model, &device, &control).ok()?;
    let mut execution = Arc::clone(&graph).execution().ok()?;
    for (index, port) in graph.inputs().iter().enumerate() {
        let PortType::Known(element) = port.element else { return None };
        let dimensions: Vec<u32> = port.shape.iter().flatten().map(|size| size.unwrap_or(2)).collect();
        let kind = TensorType::new(element, &dimensions).ok()?;
        let bytes = execution.input(index, kind).ok()?;
        assert_eq!(u32::try_from(bytes.len()).ok(), Some(kind.byte_len()));
        bytes.fill(1);
    }
    let is_done = execution.compute(&control).is_ok();
    for index in 0..graph.outputs().len() {
        assert!(execution.output(index).is_ok() || !is_done, "an output is missing");
    }
    Some(())
}

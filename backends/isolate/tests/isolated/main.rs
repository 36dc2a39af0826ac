//! Tests of models in workers, on the embedded ONNX engine, beside the same in this process; and on native libraries.
//!
//! The worker is this very program, started with the name of the test that serves.
#![cfg(target_os = "linux")]

mod computing;
mod ending;
mod hostile;
mod named;
mod onnxruntime;
mod openvino;
mod registry;
mod wild;

use nn_models::Tensor;
use std::sync::Arc;
use wasi_isolate::{Limits, Worker, serve};
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, GraphEncoding, InterruptHandle, Model, Origin, Source};
use wasi_nn_isolate::{Isolated, service};
use wasi_nn_onnx::{Onnx, OnnxLimits};

/// In a worker it serves, and never ends; otherwise it is a test that passes.
#[test]
fn serves() {
    serve(&|name| {
        let make = |config: &[u8]| {
            let mut limits = OnnxLimits::default();
            match config {
                b"" => {}
                b"one operation" => limits.max_nodes = 1,
                _ => return Err("it knows no such configuration".to_owned()),
            }
            Ok(Box::new(Onnx::with_limits(limits)) as Box<dyn Backend>)
        };
        match name {
            "onnx" => Some(service(make)),
            "openvino" => Some(service(openvino::make)),
            "onnxruntime" => Some(service(onnxruntime::make)),
            _ => wild::offer(name),
        }
    });
}

fn limits() -> Limits {
    Limits::default().ready(0).memory(2 << 30)
}

/// This program as a worker.
fn of_worker() -> Worker {
    let own = std::env::current_exe().unwrap();
    Worker::command(own).arg("--exact").arg("serves").arg("--nocapture").arg("--test-threads=1")
}

/// Workers that have a service of this program.
fn serving(service: &str, limits: Limits, config: &[u8]) -> Isolated {
    let builder = Isolated::builder(service, of_worker()).encoding(GraphEncoding::Onnx);
    builder.config(config).limits(limits).build().unwrap()
}

fn isolated() -> Isolated {
    serving("onnx", limits(), b"")
}

fn of_guest(model: Vec<u8>) -> Model {
    Model { encoding: GraphEncoding::Onnx, source: Source::Bytes(vec![model]), origin: Origin::Guest }
}

fn load(backend: &dyn Backend, model: Vec<u8>) -> Result<Arc<dyn Graph>, Error> {
    backend.load(Arc::new(of_guest(model)), &backend_tests::CPU, &Control::unbounded())
}

/// Loads and computes once.
fn run(backend: &dyn Backend, model: Vec<u8>, inputs: &[Tensor]) -> Result<Vec<Vec<u8>>, Error> {
    let graph = load(backend, model)?;
    let mut execution = Arc::clone(&graph).execution(&Control::unbounded())?;
    backend_tests::run(execution.as_mut(), inputs, graph.outputs().len())
}

fn within(time: std::time::Duration) -> Control {
    Control::new(Some(time), &InterruptHandle::default())
}

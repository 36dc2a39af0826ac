//! Tests of graphs that the host names, each execution of which has a worker of its own.

use crate::{limits, of_worker};
use backend_tests::{control, set};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use wasi_isolate::Limits;
use wasi_nn::backend::{Backend, Execution, Graph};
use wasi_nn::{
    Control, ElementType, ErrorKind, GraphEncoding, InterruptHandle, NamedGraph, Origin, Registry, Source,
    TensorType,
};
use wasi_nn_isolate::Isolated;

/// Workers of a service for graphs of the host's.
fn serving(service: &str, limits: Limits) -> Isolated {
    let builder = Isolated::builder(service, of_worker()).host_encoding(GraphEncoding::Onnx);
    builder.limits(limits).build().unwrap()
}

/// A graph of the host's, on the workers of a service.
fn named(service: &str, limits: Limits, model: Vec<u8>) -> Arc<dyn Graph> {
    register(serving(service, limits), model)
}

fn register(backend: Isolated, model: Vec<u8>) -> Arc<dyn Graph> {
    assert!(backend.accepts(GraphEncoding::Onnx, Origin::Host));
    assert!(!backend.accepts(GraphEncoding::Onnx, Origin::Guest));
    let graph = NamedGraph::new("m", GraphEncoding::Onnx, Source::Bytes(vec![model])).backend(backend.name());
    let registry = Registry::builder().backend(backend).graph(graph).build().unwrap();
    let loaded = registry.named("m", &Control::unbounded()).unwrap();
    // All guests have the same graph.
    assert!(Arc::ptr_eq(&loaded, &registry.named("m", &Control::unbounded()).unwrap()));
    loaded
}

fn compute(execution: &mut dyn Execution, bytes: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let shape = [u32::try_from(bytes.len()).unwrap()];
    set(execution, 0, &Tensor::small(Element::U8, &shape, bytes)).unwrap();
    execution.compute(&Control::unbounded()).map_err(|error| error.kind())?;
    Ok(execution.output(0).unwrap().to_vec())
}

#[test]
fn every_execution_computes_what_the_model_says() {
    let graph = named("onnx", limits(), models::scalar().onnx());
    assert_eq!(graph.device(), "CPU, in a process of its own");
    let mut executions: Vec<_> =
        (0..3).map(|_| Arc::clone(&graph).execution(&Control::unbounded()).unwrap()).collect();
    for (value, execution) in (1_u8..).map(f32::from).zip(&mut executions) {
        set(execution.as_mut(), 0, &Tensor::f32(&[], &[value])).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), (2.0 * value).to_le_bytes());
    }
}

#[test]
fn what_ends_the_worker_of_one_guest_concerns_no_other() {
    let graph = named("wild", limits(), b"fragile".to_vec());
    let mut other = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    assert_eq!(compute(other.as_mut(), &[1, 2]), Ok(vec![1, 2]));
    let mut one = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    assert_eq!(compute(one.as_mut(), b"!"), Err(ErrorKind::Runtime));
    assert_eq!(compute(one.as_mut(), &[1]), Err(ErrorKind::Runtime), "its worker is gone");
    assert_eq!(compute(other.as_mut(), &[3]), Ok(vec![3]));
    let mut again = graph.execution(&Control::unbounded()).unwrap();
    assert_eq!(compute(again.as_mut(), &[4]), Ok(vec![4]));
}

#[test]
fn workers_of_a_graph_are_counted() {
    let graph = named("wild", limits().max_workers(2), b"sane".to_vec());
    let first = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    let _second = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    let third = Arc::clone(&graph).execution(&Control::unbounded()).map(drop);
    assert_eq!(third.unwrap_err().kind(), ErrorKind::Busy);
    drop(first);
    assert!(graph.execution(&Control::unbounded()).is_ok());
}

/// The second execution loads the model once more, which is bounded as the call is that makes it.
#[test]
fn a_load_for_an_execution_ends_when_the_guest_has_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Isolated::builder("wild once", of_worker()).host_encoding(GraphEncoding::Onnx);
    let config = folder.path().join("loaded").to_str().unwrap().to_owned();
    let graph = register(builder.config(config).limits(limits()).build().unwrap(), b"sane".to_vec());
    let _first = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    control::ends_when_told(Duration::from_millis(500), |control| {
        Arc::clone(&graph).execution(control).map(drop).unwrap_err().kind()
    });
}

/// A host that asks what outputs would be keeps no guest waiting.
#[test]
fn executions_are_made_while_a_worker_is_asked_for_outputs() {
    let graph = named("wild", limits().max_workers(1), b"hang".to_vec());
    let (shape, interrupt) = ([3], InterruptHandle::default());
    let inputs = [TensorType::new(ElementType::U8, &shape).unwrap()];
    let control = Control::new(Some(Duration::from_secs(20)), &interrupt);
    thread::scope(|scope| {
        let asks = scope.spawn(|| {
            loop {
                // The other thread may have the only worker.
                match Arc::clone(&graph).outputs_for(&inputs, &control).unwrap_err().kind() {
                    ErrorKind::Busy => thread::yield_now(),
                    kind => return kind,
                }
            }
        });
        let makes = || Arc::clone(&graph).execution(&Control::unbounded());
        let is_busy = || makes().is_err_and(|error| error.kind() == ErrorKind::Busy);
        while !is_busy() && !asks.is_finished() {}
        interrupt.interrupt();
        assert_eq!(asks.join().unwrap(), ErrorKind::Interrupted);
    });
    // The worker was killed, and there is room for another.
    assert!(graph.execution(&Control::unbounded()).is_ok());
}

#[test]
fn a_graph_that_only_its_backend_can_open_is_refused() {
    let file = tempfile::NamedTempFile::with_suffix(".onnx").unwrap();
    std::fs::write(file.path(), models::scalar().onnx()).unwrap();
    for is_mapped in [false, true] {
        let backend = serving("onnx", limits());
        let source = Source::Files(vec![file.path().to_owned()]);
        let graph = NamedGraph::new("m", GraphEncoding::Onnx, source).backend(backend.name());
        let graph = if is_mapped { graph.mapped() } else { graph };
        let registry = Registry::builder().backend(backend).graph(graph).build().unwrap();
        match registry.named("m", &Control::unbounded()) {
            Ok(_) => assert!(!is_mapped),
            Err(error) => assert!(is_mapped && error.to_string().contains("not `mapped`"), "{error}"),
        }
    }
}

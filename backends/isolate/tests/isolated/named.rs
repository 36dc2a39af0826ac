//! Tests of graphs that the host names, each execution of which has a worker of its own.

use crate::{limits, of_worker};
use backend_tests::set;
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use wasi_isolate::Limits;
use wasi_nn::backend::{Backend, Execution, Graph};
use wasi_nn::{Control, ErrorKind, GraphEncoding, NamedGraph, Origin, Registry, Source};
use wasi_nn_isolate::Isolated;

/// Workers of a service for graphs of the host's.
fn serving(service: &str, limits: Limits) -> Isolated {
    let builder = Isolated::builder(service, of_worker()).host_encoding(GraphEncoding::Onnx);
    builder.limits(limits).build().unwrap()
}

/// A graph of the host's, on the workers of a service.
fn named(service: &str, limits: Limits, model: Vec<u8>) -> Arc<dyn Graph> {
    let backend = serving(service, limits);
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
    let mut executions: Vec<_> = (0..3).map(|_| Arc::clone(&graph).execution().unwrap()).collect();
    for (value, execution) in (1_u8..).map(f32::from).zip(&mut executions) {
        set(execution.as_mut(), 0, &Tensor::f32(&[], &[value])).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), (2.0 * value).to_le_bytes());
    }
}

#[test]
fn what_ends_the_worker_of_one_guest_concerns_no_other() {
    let graph = named("wild", limits(), b"fragile".to_vec());
    let mut other = Arc::clone(&graph).execution().unwrap();
    assert_eq!(compute(other.as_mut(), &[1, 2]), Ok(vec![1, 2]));
    let mut one = Arc::clone(&graph).execution().unwrap();
    assert_eq!(compute(one.as_mut(), b"!"), Err(ErrorKind::Runtime));
    assert_eq!(compute(one.as_mut(), &[1]), Err(ErrorKind::Runtime), "its worker is gone");
    assert_eq!(compute(other.as_mut(), &[3]), Ok(vec![3]));
    let mut again = graph.execution().unwrap();
    assert_eq!(compute(again.as_mut(), &[4]), Ok(vec![4]));
}

#[test]
fn workers_of_a_graph_are_counted() {
    let graph = named("wild", limits().max_workers(2), b"sane".to_vec());
    let first = Arc::clone(&graph).execution().unwrap();
    let _second = Arc::clone(&graph).execution().unwrap();
    let third = Arc::clone(&graph).execution().map(drop);
    assert_eq!(third.unwrap_err().kind(), ErrorKind::Busy);
    drop(first);
    assert!(graph.execution().is_ok());
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

//! Tests of ONNX Runtime in workers: its library is loaded before the worker is confined, and what a model does there costs
//! its guest an error at most.

use crate::hostile::survives;
use crate::{limits, load, of_worker, run, within};
use backend_tests::{guests, set};
use nn_models::hostile::{broken, external, greedy};
use nn_models::{Element, Tensor, golden, models, packages};
use std::sync::Arc;
use std::time::Duration;
use wasi_isolate::Limits;
use wasi_isolate::wire::{Reader, Writer};
use wasi_nn::backend::Backend;
use wasi_nn::{Control, ErrorKind, GraphEncoding, NamedGraph, Registry, Source};
use wasi_nn_isolate::{Isolated, IsolatedBuilder};
use wasi_nn_onnxruntime::{NO_TELEMETRY, OnnxRuntime};

/// ONNX Runtime at the place that the host says.
pub(crate) fn make(config: &[u8]) -> Result<Box<dyn Backend>, String> {
    let place = Reader::new(config).text(4096).ok_or("no place")?.to_owned();
    let mut builder = OnnxRuntime::builder();
    builder.library(place).guest_onnx(true);
    Ok(Box::new(builder.build().map_err(|error| error.to_string())?))
}

/// Workers that have it in a place.
fn at(place: &str, limits: Limits) -> IsolatedBuilder {
    let mut config = Writer::new();
    config.text(place, 4096);
    let (name, value) = NO_TELEMETRY;
    Isolated::builder("onnxruntime", of_worker().env(name, value)).config(config.finish()).limits(limits)
}

/// Workers that have it, for models of guests; `None` where it is absent and may be.
pub(crate) fn isolated(limits: Limits) -> Option<Isolated> {
    let libs = packages::or_skip(packages::onnxruntime_libs())?;
    Some(at(libs.to_str().unwrap(), limits).encoding(GraphEncoding::Onnx).build().unwrap())
}

#[test]
fn guests_models_compute_as_in_this_process() {
    let Some(backend) = isolated(limits()) else { return };
    for case in golden::cases() {
        let graph =
            load(&backend, case.model.onnx()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert!(graph.held_bytes() > 0);
        backend_tests::golden::check(&case, &graph);
    }
}

#[test]
fn each_execution_of_a_graph_of_the_hosts_has_a_worker() {
    let Some(libs) = packages::or_skip(packages::onnxruntime_libs()) else { return };
    let backend = at(libs.to_str().unwrap(), limits()).host_encoding(GraphEncoding::Onnx).build().unwrap();
    let source = Source::Bytes(vec![models::dynamic_batch().onnx()]);
    let graph = NamedGraph::new("m", GraphEncoding::Onnx, source).backend(backend.name());
    let registry = Registry::builder().backend(backend).graph(graph).build().unwrap();
    let graph = registry.named("m", &Control::unbounded()).unwrap();
    assert_eq!(graph.device(), "CPU, in a process of its own");
    let mut executions = [(); 2].map(|()| Arc::clone(&graph).execution(&Control::unbounded()).unwrap());
    for (rows, execution) in [1, 3].into_iter().zip(&mut executions) {
        let input = Tensor::f32(&[rows, 4], &vec![1.0; 4 * rows as usize]);
        let row = Tensor::f32(&[4], &[11.0, 21.0, 31.0, 41.0]).bytes;
        let outputs = backend_tests::run(execution.as_mut(), &[input], 1).unwrap();
        assert_eq!(outputs, [row.repeat(rows as usize)]);
    }
}

/// Neither the look at a model nor the system lets one have them.
#[test]
fn files_and_memory_that_a_model_names_stay_unread() {
    let Some(backend) = isolated(limits()) else { return };
    let dir = tempfile::tempdir().unwrap();
    guests::nothing_that_onnx_names_is_read(&backend, dir.path());
    run(&backend, external::only_words(), &[]).unwrap();
}

#[test]
fn greedy_models_cost_their_guest_an_error() {
    let Some(backend) = isolated(limits().memory(1 << 30)) else { return };
    for (name, model) in [
        ("huge_constant", greedy::huge_constant()),
        ("huge_input", greedy::huge_input()),
        ("claimed_constant", greedy::claimed_constant()),
    ] {
        assert!(survives(&backend, name, model).is_err(), "{name}");
    }
    let mut execution =
        load(&backend, greedy::size_from_input()).unwrap().execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[], &[1.0])).unwrap();
    // Half of it would do, twice it does not.
    set(execution.as_mut(), 1, &Tensor::i64(&[1], &[1 << 29])).unwrap();
    assert_eq!(execution.compute(&Control::unbounded()).unwrap_err().kind(), ErrorKind::Runtime);
    survives(&backend, "sane", models::small_relu().onnx()).unwrap();
}

#[test]
fn broken_models_cost_their_guest_an_error() {
    let Some(backend) = isolated(limits()) else { return };
    let model = models::difference_and_product(Element::F32).onnx();
    for (index, mutant) in broken::mutants(&model, 16).take(40).enumerate() {
        let _ = survives(&backend, &format!("mutant {index}"), mutant);
    }
    let _ = survives(&backend, "nested", models::nested_ifs(16));
    survives(&backend, "sane", model).unwrap();
}

/// ONNX Runtime stops by itself, in a loop too.
#[test]
fn a_computation_that_ends_in_time_does_not_cost_the_worker() {
    let Some(backend) = isolated(limits()) else { return };
    let mut execution =
        load(&backend, models::busy_loop(1 << 40)).unwrap().execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[1], &[0.0])).unwrap();
    for _ in 0..2 {
        let error = execution.compute(&within(Duration::from_millis(50))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(!error.to_string().contains("killed"), "{error}");
    }
}

#[test]
fn a_worker_without_the_library_does_not_start() {
    let backend = at("/there/is/none", limits()).encoding(GraphEncoding::Onnx).build().unwrap();
    let error = load(&backend, models::scalar().onnx()).map(drop).unwrap_err();
    assert!(error.to_string().contains("/there/is/none"), "{error}");
}

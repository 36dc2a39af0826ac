//! Tests of OpenVINO in workers: its libraries are loaded before the worker is confined, and it computes after that.

use crate::{limits, of_worker};
use backend_tests::{element, set};
use nn_models::{Element, Sketch, Tensor, golden, models, packages};
use std::sync::Arc;
use wasi_isolate::wire::{Reader, Writer};
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, ElementType, Error, ErrorKind, GraphEncoding, Model, Origin, Source, TensorType};
use wasi_nn_isolate::Isolated;
use wasi_nn_openvino::OpenVino;

/// OpenVINO at the place that the host says.
pub(crate) fn make(config: &[u8]) -> Result<Box<dyn Backend>, String> {
    let place = Reader::new(config).text(4096).ok_or("no place")?.to_owned();
    Ok(Box::new(OpenVino::builder().library(place).build().map_err(|error| error.to_string())?))
}

/// Workers that have it; `None` where it is absent and may be.
fn isolated() -> Option<Isolated> {
    let libs = packages::or_skip(packages::openvino_libs())?;
    let mut config = Writer::new();
    config.text(libs.to_str().unwrap(), 4096);
    let builder = Isolated::builder("openvino", of_worker()).encoding(GraphEncoding::OpenVino);
    Some(builder.config(config.finish()).limits(limits()).build().unwrap())
}

fn load(backend: &Isolated, model: &Sketch) -> Result<Arc<dyn Graph>, Error> {
    let files = model.ir();
    let source = Source::Bytes(vec![files.xml.into_bytes(), files.weights]);
    let model = Model { encoding: GraphEncoding::OpenVino, source, origin: Origin::Guest };
    backend.load(Arc::new(model), &backend_tests::CPU, &Control::unbounded())
}

#[test]
fn guests_models_compute_as_in_this_process() {
    let Some(backend) = isolated() else { return };
    for case in golden::cases() {
        let graph = load(&backend, &case.model).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        for expected in case.runs {
            let outputs =
                backend_tests::run(execution.as_mut(), &expected.inputs, graph.outputs().len()).unwrap();
            let wanted: Vec<_> = expected.outputs.into_iter().map(|tensor| tensor.bytes).collect();
            assert!(outputs == wanted, "{}", case.name);
        }
    }
}

#[test]
fn large_tensors_of_guests_are_copied_where_they_belong() {
    let Some(backend) = isolated() else { return };
    let graph = load(&backend, &models::large_relu()).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let tensor = Tensor::f32(&[1, 3, 224, 224], &vec![2.0; 150_528]);
    let kind = TensorType::new(element(tensor.element), &tensor.dims).unwrap();
    execution.write_input(0, kind, &tensor.bytes, &Control::unbounded()).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
    assert!(execution.output(0).unwrap() == tensor.bytes);
    set(execution.as_mut(), 0, &tensor).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
}

#[test]
fn numbers_that_it_cannot_hold_are_refused_when_they_are_set() {
    let Some(backend) = isolated() else { return };
    let graph = load(&backend, &models::difference_and_product(Element::I64)).unwrap();
    assert!(graph.checks_input(0) && graph.checks_input(1));
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let shape = [4];
    let kind = TensorType::new(ElementType::I64, &shape).unwrap();
    let bytes = |value: i64| [value.to_le_bytes(); 4].concat();
    for index in [0, 1] {
        let control = Control::unbounded();
        let error = execution.write_input(index, kind, &bytes(1 << 40), &control).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        execution.write_input(index, kind, &bytes(3), &control).unwrap();
    }
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(1).unwrap(), bytes(9));
}

#[test]
fn a_worker_without_the_library_does_not_start() {
    let mut config = Writer::new();
    config.text("/there/is/none", 4096);
    let builder = Isolated::builder("openvino", of_worker()).config(config.finish()).limits(limits());
    let error = load(&builder.build().unwrap(), &models::scalar()).map(drop).unwrap_err();
    assert!(error.to_string().contains("/there/is/none"), "{error}");
}

//! Tests of time limits and interrupts, of computations and of loads.

use crate::support::{CPU, ir, load, onnx, openvino, refusal};
use backend_tests::control;
use nn_models::{Element, models};
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, ErrorKind, InterruptHandle, Origin};

/// A model that computes for about half a minute on one core, of some 16 ms steps.
fn long(openvino: &impl Backend) -> Arc<dyn Graph> {
    let model = ir(models::matmul_chain(control::SIZE, 1000).ir(), Origin::Guest);
    openvino.load(model, &CPU, &Control::unbounded()).unwrap()
}

#[test]
fn a_computation_ends_at_its_limit_and_can_be_repeated() {
    let Some(openvino) = openvino() else { return };
    control::ends_at_its_limit_and_can_be_repeated(&long(&openvino));
}

#[test]
fn an_interrupt_ends_a_computation_from_another_thread() {
    let Some(openvino) = openvino() else { return };
    control::ends_at_an_interrupt(control::ready(&long(&openvino)));
}

#[test]
fn a_late_cancellation_does_not_meet_the_next_computation() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, ir(models::double(Element::F32).ir(), Origin::Guest)).unwrap();
    control::a_late_cancellation_does_not_meet_the_next_computation(graph);
}

#[test]
fn what_was_cancelled_is_not_for_others() {
    let Some(openvino) = openvino() else { return };
    control::what_was_cancelled_is_not_for_others(&long(&openvino));
}

#[test]
fn nobody_waits_for_a_load_that_is_too_late() {
    let Some(openvino) = openvino() else { return };
    let control = Control::new(Some(Duration::ZERO), &InterruptHandle::default());
    let error = openvino.load(ir(models::scalar().ir(), Origin::Host), &CPU, &control).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// OpenVINO cannot be stopped within them.
#[test]
fn loops_of_guests_are_refused() {
    let Some(openvino) = openvino() else { return };
    for kind in ["Loop", "TensorIterator"] {
        let mut files = models::small_relu().ir();
        files.xml = files.xml.replace("ReLU", kind).replace("Relu", kind);
        assert!(files.xml.contains(kind));
        assert_eq!(refusal(&openvino, ir(files, Origin::Guest)).0, ErrorKind::Unsupported);
    }
}

#[test]
fn sizes_may_say_how_many_turns_there_are() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, onnx(models::counting_loop())).unwrap();
    control::sizes_may_say_how_many_turns_there_are(&graph);
}

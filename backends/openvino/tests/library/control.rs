//! Tests of time limits and interrupts, of computations and of loads.

use crate::support::{CPU, ir, load, onnx, openvino, refusal};
use backend_tests::{control, set};
use nn_models::onnx::{DataType, GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};
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

/// It has a turn for each element of `x`, and counts them.
fn counting() -> Vec<u8> {
    let body = GraphProto::new("body")
        .input("turn", Element::I64, &[])
        .input("go_on", DataType::BOOL, &[])
        .input("v", Element::F32, &[1])
        .initializer(TensorProto::new("one", &Tensor::f32(&[1], &[1.0])))
        .node(NodeProto::new("Identity", &["go_on"], &["still"]))
        .node(NodeProto::new("Add", &["v", "one"], &["w"]))
        .output("still", DataType::BOOL, &[])
        .output("w", Element::F32, &[1]);
    let graph = GraphProto::new("counting")
        .input("x", Element::F32, &[-1])
        .initializer(TensorProto::new("axes", &Tensor::i64(&[1], &[0])))
        .initializer(TensorProto::new("zero", &Tensor::f32(&[1], &[0.0])))
        .initializer(TensorProto::bool("yes", true))
        .node(NodeProto::new("Shape", &["x"], &["sizes"]))
        .node(NodeProto::new("Squeeze", &["sizes", "axes"], &["turns"]))
        .node(NodeProto::new("Loop", &["turns", "yes", "zero"], &["y"]).graph("body", body))
        .output("y", Element::F32, &[1]);
    ModelProto::new(graph).into_bytes()
}

#[test]
fn sizes_may_say_how_many_turns_there_are() {
    let Some(openvino) = openvino() else { return };
    let graph = load(&openvino, onnx(counting())).unwrap();
    for turns in [3_u16, 1, 0, 70] {
        let mut execution = Arc::clone(&graph).execution().unwrap();
        let x = Tensor::f32(&[turns.into()], &vec![0.5; turns.into()]);
        set(execution.as_mut(), 0, &x).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), f32::from(turns).to_le_bytes(), "{turns}");
    }
}

//! Tests of time limits and interrupts, of computations, loops and loads.

use crate::support::{CPU, load, onnx, onnx_runtime, set};
use backend_tests::control;
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, ErrorKind, InterruptHandle};
use wasi_nn_onnxruntime::OnnxRuntime;

/// A model that computes for many milliseconds, of short steps.
fn long(backend: &OnnxRuntime) -> Arc<dyn Graph> {
    load(backend, onnx(models::matmul_chain(control::SIZE, 1000).onnx())).unwrap()
}

#[test]
fn a_computation_ends_at_its_limit_and_can_be_repeated() {
    let Some(backend) = onnx_runtime() else { return };
    control::ends_at_its_limit_and_can_be_repeated(&long(&backend));
}

#[test]
fn an_interrupt_ends_a_computation_from_another_thread() {
    let Some(backend) = onnx_runtime() else { return };
    control::ends_at_an_interrupt(control::ready(&long(&backend)));
}

/// It would take hours.
#[test]
fn an_interrupt_ends_a_loop() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::busy_loop(1 << 40))).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[1], &[0.0])).unwrap();
    let control = Control::new(Some(Duration::from_millis(20)), &InterruptHandle::default());
    assert_eq!(control::kind(execution.as_mut(), &control), ErrorKind::TimedOut);
    control::ends_at_an_interrupt(execution);
}

#[test]
fn sizes_may_say_how_many_turns_there_are() {
    let Some(backend) = onnx_runtime() else { return };
    control::sizes_may_say_how_many_turns_there_are(&load(&backend, onnx(models::counting_loop())).unwrap());
}

#[test]
fn a_late_cancellation_does_not_meet_the_next_computation() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::double(Element::F32).onnx())).unwrap();
    control::a_late_cancellation_does_not_meet_the_next_computation(graph);
}

#[test]
fn what_was_cancelled_is_not_for_others() {
    let Some(backend) = onnx_runtime() else { return };
    control::what_was_cancelled_is_not_for_others(&long(&backend));
}

/// `y` is the product of large constants, one after the other, which ONNX Runtime works out when it loads the model.
fn slow_to_load() -> Vec<u8> {
    let links = 200;
    let mut graph = GraphProto::new("slow_to_load").input("x", Element::F32, &[]);
    graph = graph
        .initializer(TensorProto::new("shape", &Tensor::i64(&[2], &[512, 512])))
        .node(NodeProto::new("ConstantOfShape", &["shape"], &["c0"]));
    for link in 0..links {
        let (from, to) = (format!("c{link}"), format!("c{}", link + 1));
        graph = graph.node(NodeProto::new("MatMul", &[&from, "c0"], &[&to]));
    }
    let graph = graph.node(NodeProto::new("Add", &["x", &format!("c{links}")], &["y"]));
    ModelProto::new(graph.output("y", Element::F32, &[512, 512])).into_bytes()
}

#[test]
fn a_load_ends_at_its_limit_and_at_an_interrupt() {
    let Some(backend) = onnx_runtime() else { return };
    control::ends_when_told(Duration::from_millis(50), |control| {
        backend.load(onnx(slow_to_load()), &CPU, control).map(drop).unwrap_err().kind()
    });
    // The next one is not cancelled with it.
    backend.load(onnx(models::scalar().onnx()), &CPU, &Control::unbounded()).unwrap();
}

#[test]
fn nobody_waits_for_a_load_that_is_too_late() {
    let Some(backend) = onnx_runtime() else { return };
    let control = Control::new(Some(Duration::ZERO), &InterruptHandle::default());
    let error = backend.load(onnx(models::scalar().onnx()), &CPU, &control).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

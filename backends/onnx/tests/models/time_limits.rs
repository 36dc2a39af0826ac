//! Tests that computations and loads end when their time is up, or when the host interrupts them.

use super::support::{CPU, load, of_guest, set};
use nn_models::onnx::{GraphProto, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor, models};
use std::time::{Duration, Instant};
use wasi_nn::backend::{Backend, Execution};
use wasi_nn::{Control, ErrorKind, InterruptHandle};
use wasi_nn_onnx::Onnx;

/// A model that computes for hours in steps of microseconds: sums of 2^24 numbers, one by one, 2^12 times over.
fn endless_scan() -> Vec<u8> {
    let step = GraphProto::new("step")
        .input("sum", Element::F32, &[1])
        .input("number", Element::F32, &[1])
        .node(NodeProto::new("Add", &["sum", "number"], &["next"]))
        .output("next", Element::F32, &[1]);
    let body = GraphProto::new("body")
        .input("total", Element::F32, &[1])
        .input("row", Element::F32, &[1])
        .node(NodeProto::new("Expand", &["row", "many"], &["numbers"]))
        .node(
            NodeProto::new("Scan", &["total", "numbers"], &["after"])
                .int("num_scan_inputs", 1)
                .graph("body", step),
        )
        .output("after", Element::F32, &[1]);
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[4096, 1])
        .initializer(TensorProto::new("zero", &Tensor::f32(&[1], &[0.0])))
        .initializer(TensorProto::new("many", &Tensor::i64(&[2], &[1 << 24, 1])))
        .node(NodeProto::new("Scan", &["zero", "x"], &["y"]).int("num_scan_inputs", 1).graph("body", body))
        .output("y", Element::F32, &[1]);
    ModelProto::new(graph).into_bytes()
}

/// Two contexts that are ready to compute for a long time: in operations of the model, and in a loop's body.
fn endless() -> [Box<dyn Execution>; 2] {
    let mut products =
        load(models::matmul_chain(1024, 300)).unwrap().execution(&Control::unbounded()).unwrap();
    set(products.as_mut(), 0, &Tensor::f32(&[1024, 1024], &vec![0.0; 1 << 20])).unwrap();
    let mut sums = load(endless_scan()).unwrap().execution(&Control::unbounded()).unwrap();
    set(sums.as_mut(), 0, &Tensor::f32(&[4096, 1], &[0.0; 4096])).unwrap();
    [products, sums]
}

/// Generous, since the machine may be busy; the models take much longer.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_deadline_ends_a_computation() {
    for mut execution in endless() {
        let started = Instant::now();
        let control = Control::new(Some(Duration::from_millis(50)), &InterruptHandle::default());
        assert_eq!(execution.compute(&control).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        // There are no outputs, and the context is not broken.
        assert!(execution.output(0).is_err());
        assert_eq!(execution.compute(&control).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}

#[test]
fn another_thread_ends_a_computation() {
    for mut execution in endless() {
        let interrupt = InterruptHandle::default();
        let control = Control::new(None, &interrupt);
        std::thread::scope(|scope| {
            let computing = scope.spawn(|| execution.compute(&control).unwrap_err().kind());
            interrupt.interrupt();
            assert_eq!(computing.join().unwrap(), ErrorKind::Interrupted);
        });
    }
}

#[test]
fn a_context_goes_on_after_it_was_stopped() {
    let mut execution = load(models::matmul_chain(2, 9)).unwrap().execution(&Control::unbounded()).unwrap();
    let fibonacci = Tensor::f32(&[2, 2], &[1.0, 1.0, 1.0, 0.0]);
    set(execution.as_mut(), 0, &fibonacci).unwrap();
    let over = Control::new(Some(Duration::ZERO), &InterruptHandle::default());
    assert_eq!(execution.compute(&over).unwrap_err().kind(), ErrorKind::TimedOut);
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(0).unwrap(), Tensor::f32(&[2, 2], &[89.0, 55.0, 55.0, 34.0]).bytes);
}

#[test]
fn a_deadline_ends_a_load() {
    // Optimising takes time that grows with the square of the length.
    let model = of_guest(models::matmul_chain(2, 20_000));
    let started = Instant::now();
    let control = Control::new(Some(Duration::from_millis(100)), &InterruptHandle::default());
    let error = Onnx::new().load(model, &CPU, &control).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[test]
fn a_deadline_ends_compiling_for_a_new_shape() {
    let mut execution = load(models::dynamic_batch()).unwrap().execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[1, 4], &[0.0; 4])).unwrap();
    let over = Control::new(Some(Duration::ZERO), &InterruptHandle::default());
    assert_eq!(execution.compute(&over).unwrap_err().kind(), ErrorKind::TimedOut);
    execution.compute(&Control::unbounded()).unwrap();
}

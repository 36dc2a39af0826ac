//! Tests of workers that end, hang or lie while they have a guest's model.

use crate::{isolated, limits, load, serving, within};
use backend_tests::set;
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use wasi_nn::backend::{Backend, Execution};
use wasi_nn::{Control, ErrorKind, InterruptHandle};

#[test]
fn a_load_that_ends_the_worker_costs_its_guest_an_error() {
    let backend = serving("wild", limits(), b"");
    for (deed, expected) in [
        ("abort at load", "signal 6"),
        ("overflow at load", "signal 6"),
        ("allocate at load", "signal 6"),
        // The worker contains a panic by itself.
        ("panic at load", "the backend panicked: as told"),
    ] {
        let error = load(&backend, deed.into()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains(expected), "{deed}: {error}");
    }
}

#[test]
fn a_load_ends_when_its_time_is_up_and_when_nobody_waits() {
    let backend = serving("wild", limits(), b"");
    let model = || Arc::new(crate::of_guest(b"hang at load".to_vec()));
    let error = backend
        .load(model(), &backend_tests::CPU, &within(Duration::from_millis(100)))
        .map(drop)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let interrupt = InterruptHandle::default();
    thread::scope(|scope| {
        let loads = scope.spawn(|| {
            let control = Control::new(None, &interrupt);
            backend.load(model(), &backend_tests::CPU, &control).map(drop).unwrap_err().kind()
        });
        interrupt.interrupt();
        assert_eq!(loads.join().unwrap(), ErrorKind::Interrupted);
    });
}

#[test]
fn a_computation_that_ends_the_worker_ends_the_graph_and_no_other() {
    let backend = serving("wild", limits(), b"");
    let one = Tensor::small(Element::U8, &[1], &[1]);
    let mut other = load(&backend, b"sane".to_vec()).unwrap().execution(&Control::unbounded()).unwrap();
    for (deed, kind) in [("abort", ErrorKind::Runtime), ("hang", ErrorKind::TimedOut)] {
        let graph = load(&backend, deed.into()).unwrap();
        assert_eq!(graph.held_bytes(), 2 << 30, "no more than the worker's memory");
        assert!(!graph.device().contains('\u{1b}'));
        let mut execution = graph.clone().execution(&Control::unbounded()).unwrap();
        set(execution.as_mut(), 0, &one).unwrap();
        let start = Instant::now();
        let error = execution.compute(&within(Duration::from_millis(50))).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(start.elapsed() < Duration::from_secs(20));
        let mut again = graph.execution(&Control::unbounded()).unwrap();
        set(again.as_mut(), 0, &one).unwrap();
        assert!(again.compute(&Control::unbounded()).is_err());
    }
    set(other.as_mut(), 0, &one).unwrap();
    other.compute(&Control::unbounded()).unwrap();
    assert_eq!(other.output(0).unwrap(), [1]);
}

#[test]
fn a_panic_ends_an_execution_and_not_the_worker() {
    let graph = load(&serving("wild", limits(), b""), b"panic".to_vec()).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    for _ in 0..2 {
        set(execution.as_mut(), 0, &Tensor::small(Element::U8, &[1], &[1])).unwrap();
        let error = execution.compute(&Control::unbounded()).unwrap_err();
        assert_eq!(error.to_string(), "the backend panicked: as told");
    }
}

/// The engine looks at the clock between two operations, and so the worker lives on.
#[test]
fn a_backend_that_stops_in_time_is_not_killed() {
    let graph = load(&isolated(), models::matmul_chain(256, 1000).onnx()).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[256, 256], &[0.0; 65_536])).unwrap();
    let error = execution.compute(&within(Duration::from_millis(20))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(!error.to_string().contains("killed"), "{error}");
    let error = execution.compute(&within(Duration::from_millis(20))).unwrap_err();
    assert!(!error.to_string().contains("killed"), "{error}");
}

#[test]
fn an_output_beyond_the_file_is_too_large() {
    let graph = load(&serving("wild", limits().file_bytes(1 << 20), b""), b"long".to_vec()).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::small(Element::U8, &[1], &[1])).unwrap();
    assert_eq!(execution.compute(&Control::unbounded()).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_model_beyond_the_file_is_too_large() {
    let backend = serving("wild", limits().file_bytes(1 << 20), b"");
    let error = load(&backend, vec![0; (1 << 20) + 1]).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("Limits::file_bytes"), "{error}");
}

/// A guest makes contexts and gives them back, more than a message could tell of.
#[test]
fn executions_that_end_cost_nothing() {
    let control = Control::unbounded();
    let graph = load(&isolated(), models::scalar().onnx()).unwrap();
    let computed = |mut execution: Box<dyn Execution>| {
        set(execution.as_mut(), 0, &Tensor::f32(&[], &[4.0])).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), 8_f32.to_le_bytes());
        execution
    };
    for _ in 0..70_000 {
        drop(Arc::clone(&graph).execution(&control).unwrap());
    }
    let mut last = computed(Arc::clone(&graph).execution(&control).unwrap());
    // So many that the worker has, and that end at once.
    let many: Vec<_> = (0..5000).map(|_| computed(Arc::clone(&graph).execution(&control).unwrap())).collect();
    drop(many);
    for _ in 0..7 {
        last = computed(last);
    }
}

#[test]
fn lies_about_outputs_kill_the_worker() {
    for lie in ["nothing", "garbage", "count", "far", "beyond", "length", "kind"] {
        let graph = load(&serving("liar", limits(), lie.as_bytes()), models::small_relu().onnx()).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        set(execution.as_mut(), 0, &Tensor::f32(&[1, 16], &[1.0; 16])).unwrap();
        let computed = execution.compute(&Control::unbounded());
        let outcome = computed.and_then(|()| execution.output(0).map(drop));
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("the worker was killed"), "{lie}: {error}");
        assert!(execution.compute(&Control::unbounded()).is_err());
    }
    let error = load(&serving("liar", limits(), b"load"), models::small_relu().onnx()).map(drop).unwrap_err();
    assert!(error.to_string().contains("the worker was killed"), "{error}");
}

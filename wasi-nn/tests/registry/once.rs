//! Tests that equal models are loaded once, and kept as long as anyone has them.

use crate::scripted::{Scripted, error, load, model};
use proptest::prelude::*;
use std::sync::{Arc, Barrier};
use std::thread;
use wasi_nn::{Control, ErrorKind, ExecutionTarget, GraphEncoding, Registry};

const THREADS: usize = 16;

#[test]
fn many_threads_share_one_load() {
    let (backend, start) = (Scripted::new("onnx"), Barrier::new(THREADS));
    let registry = backend.registry();
    thread::scope(|scope| {
        let loads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    load(&registry, b"model").unwrap()
                })
            })
            .collect();
        let graphs: Vec<_> = loads.into_iter().map(|load| load.join().unwrap()).collect();
        assert!(graphs.iter().all(|graph| Arc::ptr_eq(graph, &graphs[0])));
    });
    assert_eq!(backend.loads(), 1);
    assert_eq!(backend.alive(), 0);
}

#[test]
fn a_load_that_goes_on_is_joined() {
    let (backend, begun, go_on) = Scripted::new("onnx").gated(|_| Ok(()));
    let registry = backend.registry();
    thread::scope(|scope| {
        let first = scope.spawn(|| load(&registry, b"model").unwrap());
        begun.wait();
        let second = scope.spawn(|| load(&registry, b"model").unwrap());
        go_on.happen();
        assert!(Arc::ptr_eq(&first.join().unwrap(), &second.join().unwrap()));
    });
    assert_eq!(backend.loads(), 1);
}

#[test]
fn a_graph_is_shared_until_its_last_execution_ends() {
    let backend = Scripted::new("onnx");
    let registry = backend.registry();
    let graph = load(&registry, b"model").unwrap();
    let execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    drop(graph);
    let again = load(&registry, b"model").unwrap();
    assert_eq!((backend.loads(), backend.alive()), (1, 1));
    drop((again, execution));
    assert_eq!(backend.alive(), 0);
    load(&registry, b"model").unwrap();
    assert_eq!(backend.loads(), 2);
}

#[test]
fn failures_of_guests_models_are_forgotten() {
    let backend = Scripted::new("onnx").script(|_, _, _| Err(wasi_nn::Error::runtime("no such operator")));
    let registry = backend.registry();
    for _ in 0..2 {
        let error = error(load(&registry, b"model"));
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().ends_with(": no such operator"), "{error}");
    }
    assert_eq!(backend.loads(), 2);
}

#[test]
fn a_panic_is_an_error_for_all_who_wait() {
    let (backend, begun, go_on) = Scripted::new("onnx").gated(|_| panic!("a backend's mistake"));
    let registry = backend.registry();
    thread::scope(|scope| {
        let first = scope.spawn(|| error(load(&registry, b"model")));
        begun.wait();
        let second = scope.spawn(|| error(load(&registry, b"model")));
        go_on.happen();
        for waiter in [first, second] {
            let error = waiter.join().unwrap();
            assert_eq!(error.kind(), ErrorKind::Runtime);
            assert!(error.to_string().contains("a backend's mistake"), "{error}");
        }
    });
}

#[test]
fn there_is_stack_for_twelve_mebibytes() {
    /// Calls itself until its frames reach `len` bytes down from `top`.
    fn descend(top: usize, len: usize) -> usize {
        let frame = std::hint::black_box([0_u8; 512]);
        let here = frame.as_ptr().addr();
        // Adding afterwards keeps the call from becoming a jump.
        if top - here > len { 0 } else { descend(top, len) + usize::from(frame[0]) }
    }
    let backend = Scripted::new("onnx").script(|_, _, _| {
        let top = std::hint::black_box([0_u8; 1]);
        descend(top.as_ptr().addr(), 12 << 20);
        Ok(())
    });
    load(&backend.registry(), b"model").unwrap();
}

#[test]
fn another_encoding_backend_or_device_is_another_load() {
    let (first, second) = (Scripted::new("first"), Scripted::new("second"));
    let builder = Registry::builder()
        .backend(first.clone())
        .backend(second.clone())
        .route(GraphEncoding::Onnx, "first")
        .route(GraphEncoding::PyTorch, "first")
        .route(GraphEncoding::TensorFlowLite, "second");
    let registry = builder.build().unwrap();
    let load = |encoding, target| {
        registry.load(model(encoding, &[b"model"]), target, &Control::unbounded()).unwrap()
    };
    let graphs = [
        load(GraphEncoding::Onnx, ExecutionTarget::Cpu),
        load(GraphEncoding::PyTorch, ExecutionTarget::Cpu),
        load(GraphEncoding::Onnx, ExecutionTarget::Gpu),
        load(GraphEncoding::TensorFlowLite, ExecutionTarget::Cpu),
        load(GraphEncoding::Onnx, ExecutionTarget::Cpu),
    ];
    assert_eq!((first.loads(), second.loads()), (3, 1));
    assert!(Arc::ptr_eq(&graphs[0], &graphs[4]));
}

proptest! {
    /// Bytes that move from one part to the next make another model, though all of them together are the same.
    #[test]
    fn parts_are_told_apart(
        bytes in prop::collection::vec(any::<u8>(), 0..24),
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let backend = Scripted::new("openvino");
        let registry = backend.registry_with(|builder| builder.route(GraphEncoding::OpenVino, "openvino"));
        let load = |at: &prop::sample::Index| {
            let (front, back) = bytes.split_at(at.index(bytes.len() + 1));
            let front = [b"<net ", front].concat();
            let model = model(GraphEncoding::OpenVino, &[&front, back]);
            registry.load(model, ExecutionTarget::Cpu, &Control::unbounded()).unwrap()
        };
        let is_same = first.index(bytes.len() + 1) == second.index(bytes.len() + 1);
        let graphs = (load(&first), load(&second));
        prop_assert_eq!(Arc::ptr_eq(&graphs.0, &graphs.1), is_same);
        prop_assert_eq!(backend.loads(), if is_same { 1 } else { 2 });
    }
}

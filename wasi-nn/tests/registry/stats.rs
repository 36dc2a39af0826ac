//! Tests of the statistics of graphs.

use crate::scripted::{Scripted, error, load, model};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;
use wasi_nn::backend::Graph;
use wasi_nn::{
    Control, Error, ExecutionTarget, GraphEncoding, GraphStats, NamedGraph, NnCtx, Registry, RegistryBuilder,
    Source,
};

fn registry(backend: &Scripted, change: impl FnOnce(RegistryBuilder) -> RegistryBuilder) -> Registry {
    let graph = |name| NamedGraph::new(name, GraphEncoding::Onnx, Source::Bytes(vec![Vec::new()]));
    backend.registry_with(|builder| change(builder.graph(graph("b")).graph(graph("a"))))
}

fn compute(graph: &Arc<dyn Graph>, times: usize) {
    let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    for _ in 0..times {
        execution.compute(&Control::unbounded()).unwrap();
    }
}

/// Loads, failed loads, hits, compilations, computations, failed computations.
fn counts(stats: &GraphStats) -> [u64; 6] {
    let GraphStats { loads, load_hits, compiles, computations, .. } = stats;
    [loads.done, loads.failed, *load_hits, compiles.done, computations.done, computations.failed]
}

#[test]
fn what_is_done_with_a_graph_is_counted() {
    let registry = registry(&Scripted::new("onnx"), |builder| builder);
    let [a, b] = &registry.stats()[..] else { panic!("{:?}", registry.stats()) };
    assert_eq!((a.name.as_deref(), b.name.as_deref()), (Some("a"), Some("b")));
    assert_eq!((counts(a), &a.backend, &a.device, a.held_bytes), ([0; 6], &None, &None, None));
    for _ in 0..3 {
        compute(&registry.named("b", &Control::unbounded()).unwrap(), 2);
    }
    let interrupted = wasi_nn::InterruptHandle::default();
    interrupted.interrupt();
    let mut execution =
        registry.named("b", &Control::unbounded()).unwrap().execution(&Control::unbounded()).unwrap();
    execution.compute(&Control::new(None, &interrupted)).unwrap_err();
    let [a, b] = &registry.stats()[..] else { panic!("{:?}", registry.stats()) };
    assert_eq!((counts(a), counts(b)), ([0; 6], [1, 0, 3, 1, 6, 1]));
    assert_eq!((b.backend.as_deref(), b.device.as_deref()), (Some("onnx"), Some("cpu!")));
    // Nobody has asked for the time of computations.
    assert!(b.loads.time > Duration::ZERO && b.computations.time == Duration::ZERO, "{b:?}");
    // A guest's host finds them too.
    assert_eq!(NnCtx::builder(registry.clone()).build().registry().stats(), registry.stats());
}

#[test]
fn failed_loads_are_counted() {
    let working = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&working);
    let backend = Scripted::new("onnx").script(move |_, _, _| match gate.load(Ordering::SeqCst) {
        true => Ok(()),
        false => Err(Error::runtime("no")),
    });
    let registry = registry(&backend, |builder| builder);
    for _ in 0..2 {
        error(registry.named("a", &Control::unbounded()));
    }
    working.store(true, Ordering::SeqCst);
    registry.named("a", &Control::unbounded()).unwrap();
    assert_eq!(counts(&registry.stats()[0]), [1, 2, 0, 1, 0, 0]);
}

#[test]
fn the_clock_is_looked_at_if_the_host_says_so() {
    let registry = registry(&Scripted::new("onnx"), |builder| builder.timed(true));
    compute(&registry.named("a", &Control::unbounded()).unwrap(), 1);
    assert!(registry.stats()[0].computations.time > Duration::ZERO);
}

/// There may be any number of them, so they have one entry, in which those that are gone still count.
#[test]
fn models_of_guests_count_together() {
    let registry = registry(&Scripted::new("onnx"), |builder| builder);
    assert_eq!(registry.stats().len(), 2);
    let kept = load(&registry, b"kept").unwrap();
    compute(&kept, 1);
    for number in 0..5_u8 {
        compute(&load(&registry, &[number]).unwrap(), 1);
    }
    load(&registry, b"kept").unwrap();
    error(registry.load(
        model(GraphEncoding::Onnx, &[b"<net>"]),
        ExecutionTarget::Cpu,
        &Control::unbounded(),
    ));
    let [_, _, guests] = &registry.stats()[..] else { panic!("{:?}", registry.stats()) };
    // What is refused before any backend is asked is no load.
    assert_eq!((&guests.name, counts(guests)), (&None, [6, 0, 1, 6, 6, 0]));
}

#[test]
fn threads_lose_no_count() {
    let (registry, start) = (registry(&Scripted::new("onnx"), |builder| builder), Barrier::new(8));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                compute(&registry.named("a", &Control::unbounded()).unwrap(), 1000);
            });
        }
    });
    assert_eq!(counts(&registry.stats()[0]), [1, 0, 7, 1, 8000, 0]);
}

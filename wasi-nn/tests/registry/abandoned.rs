//! Tests of loads that a guest gives up on.

use crate::scripted::{Event, Scripted, error, load, load_within};
use std::thread;
use std::time::Duration;
use wasi_nn::{Control, Error, ErrorKind, GraphEncoding, InterruptHandle, NamedGraph, Source};

/// A backend that works until it is told to stop, or until `go_on`.
struct Patient {
    backend: Scripted,
    begun: Event,
    stopped: Event,
    go_on: Event,
}

fn patient() -> Patient {
    let (begun, stopped, go_on) = (Event::default(), Event::default(), Event::default());
    let backend = Scripted::new("onnx").script({
        let (begun, stopped, go_on) = (begun.clone(), stopped.clone(), go_on.clone());
        move |_, _, control| {
            begun.happen();
            let (to_stop, to_go) = (control.clone(), go_on.clone());
            // Either of the two ends it, so both wait for their own.
            thread::spawn(move || {
                let _guard = to_stop.cancel_with(&{
                    let to_go = to_go.clone();
                    std::sync::Arc::new(move || to_go.happen())
                });
                to_go.wait();
            });
            go_on.wait();
            control.check().inspect_err(|_| stopped.happen())
        }
    });
    Patient { backend, begun, stopped, go_on }
}

fn interrupted_by(interrupt: &InterruptHandle) -> Control {
    Control::new(None, interrupt)
}

#[test]
fn a_deadline_ends_the_wait_and_the_load() {
    let patient = patient();
    let registry = patient.backend.registry();
    let control = Control::new(Some(Duration::from_millis(1)), &InterruptHandle::default());
    assert_eq!(error(load_within(&registry, b"model", &control)).kind(), ErrorKind::TimedOut);
    // It may have ended before the load began, and then there is nothing to stop.
    if patient.backend.loads() > 0 {
        patient.stopped.wait();
    }
}

#[test]
fn an_interrupt_ends_the_wait_and_the_load() {
    let patient = patient();
    let (registry, interrupt) = (patient.backend.registry(), InterruptHandle::default());
    thread::scope(|scope| {
        let guest = scope.spawn(|| error(load_within(&registry, b"model", &interrupted_by(&interrupt))));
        patient.begun.wait();
        interrupt.interrupt();
        assert_eq!(guest.join().unwrap().kind(), ErrorKind::Interrupted);
    });
    patient.stopped.wait();
    assert_eq!(patient.backend.alive(), 0);
}

#[test]
fn bounds_that_have_ended_start_nothing() {
    let backend = Scripted::new("onnx");
    let (registry, interrupt) = (backend.registry(), InterruptHandle::default());
    interrupt.interrupt();
    let ended = error(load_within(&registry, b"model", &interrupted_by(&interrupt)));
    assert_eq!(ended.kind(), ErrorKind::Interrupted);
    let ended = Control::new(Some(Duration::ZERO), &InterruptHandle::default());
    assert_eq!(error(load_within(&registry, b"model", &ended)).kind(), ErrorKind::TimedOut);
    assert_eq!(backend.loads(), 0);
}

#[test]
fn a_load_goes_on_while_somebody_waits() {
    let patient = patient();
    let registry = patient.backend.registry();
    thread::scope(|scope| {
        let first = scope.spawn(|| load(&registry, b"model").map(drop));
        patient.begun.wait();
        let soon = Control::new(Some(Duration::from_millis(1)), &InterruptHandle::default());
        assert_eq!(error(load_within(&registry, b"model", &soon)).kind(), ErrorKind::TimedOut);
        patient.go_on.happen();
        first.join().unwrap().unwrap();
    });
    assert_eq!(patient.backend.loads(), 1);
}

#[test]
fn an_abandoned_load_is_not_joined_and_keeps_its_place() {
    // As native libraries are, it is deaf.
    let (backend, begun, go_on) = Scripted::new("onnx").gated(|_| Ok(()));
    let mut limits = wasi_nn::ProcessLimits::default();
    limits.max_loads = 2;
    let registry = backend.registry_with(|builder| builder.limits(limits));
    let give_up = |number: usize| {
        let interrupt = InterruptHandle::default();
        thread::scope(|scope| {
            let control = interrupted_by(&interrupt);
            let registry = &registry;
            let guest = scope.spawn(move || error(load_within(registry, b"model", &control)));
            while backend.loads() < number {
                thread::yield_now();
            }
            interrupt.interrupt();
            assert_eq!(guest.join().unwrap().kind(), ErrorKind::Interrupted);
        });
    };
    give_up(1);
    give_up(2);
    begun.wait();
    let busy = error(load(&registry, b"model"));
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert!(busy.to_string().contains("ProcessLimits"), "{busy}");
    go_on.happen();
    // Both end in their own time, and what they loaded is freed.
    while error_or_graph(&registry) {
        thread::yield_now();
    }
    assert_eq!(backend.loads(), 3);
}

#[test]
fn the_hosts_graphs_have_places_of_their_own() {
    let (backend, begun, go_on) = Scripted::new("onnx").gated(|_| Ok(()));
    let mut limits = wasi_nn::ProcessLimits::default();
    limits.max_loads = 1;
    let graph = NamedGraph::new("g", GraphEncoding::Onnx, Source::Bytes(vec![Vec::new()]));
    let registry = backend.registry_with(|builder| builder.limits(limits).graph(graph));
    let interrupt = InterruptHandle::default();
    thread::scope(|scope| {
        let guest = scope.spawn(|| error(load_within(&registry, b"deaf", &interrupted_by(&interrupt))));
        begun.wait();
        interrupt.interrupt();
        guest.join().unwrap();
        // The guest's load is deaf and keeps its place.
        assert_eq!(error(load(&registry, b"model")).kind(), ErrorKind::Busy);
        let named = scope.spawn(|| registry.named("g", &Control::unbounded()).map(drop));
        while backend.loads() < 2 {
            thread::yield_now();
        }
        go_on.happen();
        named.join().unwrap().unwrap();
    });
}

fn error_or_graph(registry: &wasi_nn::Registry) -> bool {
    match load(registry, b"model") {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Busy);
            true
        }
    }
}

#[test]
fn graphs_of_the_host_are_loaded_to_the_end() {
    let (backend, begun, go_on) = Scripted::new("onnx").gated(Control::check);
    let graph = NamedGraph::new("large", GraphEncoding::Onnx, Source::Bytes(vec![Vec::new()]));
    let registry = backend.registry_with(|builder| builder.graph(graph));
    let interrupt = InterruptHandle::default();
    thread::scope(|scope| {
        let guest = scope.spawn(|| error(registry.named("large", &interrupted_by(&interrupt))));
        begun.wait();
        interrupt.interrupt();
        assert_eq!(guest.join().unwrap().kind(), ErrorKind::Interrupted);
    });
    go_on.happen();
    registry.named("large", &Control::unbounded()).unwrap();
    assert_eq!(backend.loads(), 1);
}

#[test]
fn the_end_of_the_registry_ends_its_loads() {
    let patient = patient();
    let graph = NamedGraph::new("large", GraphEncoding::Onnx, Source::Bytes(vec![Vec::new()]));
    let registry = patient.backend.registry_with(|builder| builder.graph(graph));
    let interrupt = InterruptHandle::default();
    thread::scope(|scope| {
        let guest = scope.spawn(|| error(registry.named("large", &interrupted_by(&interrupt))));
        patient.begun.wait();
        interrupt.interrupt();
        guest.join().unwrap();
    });
    drop(registry);
    patient.stopped.wait();
}

#[test]
fn what_backends_are_told_has_no_deadline_of_a_guest() {
    let backend = Scripted::new("onnx").script(|_, _, control| match control.deadline() {
        None => Ok(()),
        Some(_) => Err(Error::runtime("the bounds of one guest would end the load of another")),
    });
    let control = Control::new(Some(Duration::from_secs(3600)), &InterruptHandle::default());
    load_within(&backend.registry(), b"model", &control).unwrap();
}

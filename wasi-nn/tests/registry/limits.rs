//! Tests of the limits on what all guests of a process use together.

use crate::scripted::{Scripted, error, load};
use std::sync::Arc;
use wasi_nn::{Control, ErrorKind, ProcessLimits, Registry};

fn limited(backend: &Scripted, change: impl FnOnce(&mut ProcessLimits)) -> Registry {
    let mut limits = ProcessLimits::default();
    change(&mut limits);
    backend.registry_with(|builder| builder.limits(limits))
}

#[test]
fn computations_have_places() {
    let registry = limited(&Scripted::new("onnx"), |limits| limits.max_computations = 2);
    let (first, second) = (registry.computation().unwrap(), registry.clone().computation().unwrap());
    let busy = error(registry.computation());
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert!(busy.to_string().contains("ProcessLimits"), "{busy}");
    drop(first);
    let third = registry.computation().unwrap();
    assert!(registry.computation().is_err());
    drop((second, third));
}

#[test]
fn models_of_guests_are_charged_while_they_are_alive() {
    let backend = Scripted::new("onnx");
    let registry = limited(&backend, |limits| limits.max_guest_model_bytes = 10);
    assert_eq!(error(load(&registry, &[0; 11])).kind(), ErrorKind::TooLarge);
    let first = load(&registry, &[1; 6]).unwrap();
    // What would fit by itself may fit later.
    assert_eq!(error(load(&registry, &[2; 5])).kind(), ErrorKind::Busy);
    let same = load(&registry, &[1; 6]).unwrap();
    let small = load(&registry, &[3; 4]).unwrap();
    assert_eq!(backend.loads(), 2);
    let execution = Arc::clone(&first).execution(&Control::unbounded()).unwrap();
    drop((first, same, small));
    assert_eq!(error(load(&registry, &[2; 5])).kind(), ErrorKind::Busy);
    drop(execution);
    load(&registry, &[2; 10]).unwrap();
}

#[test]
fn what_fails_gives_back_its_charge() {
    let backend = Scripted::new("onnx").script(|model, _, _| match &model.source {
        wasi_nn::Source::Bytes(parts) if parts[0] == [0; 10] => Err(wasi_nn::Error::runtime("zeros")),
        wasi_nn::Source::Bytes(parts) if parts[0] == [1; 10] => panic!("ones"),
        _ => Ok(()),
    });
    let registry = limited(&backend, |limits| {
        limits.max_guest_model_bytes = 10;
        limits.max_loads = 1;
    });
    for bytes in [[0; 10], [1; 10], [0; 10]] {
        assert_eq!(error(load(&registry, &bytes)).kind(), ErrorKind::Runtime);
    }
    load(&registry, &[2; 10]).unwrap();
}

#[test]
fn none_at_all_is_a_limit_too() {
    let backend = Scripted::new("onnx");
    let registry = limited(&backend, |limits| {
        limits.max_loads = 0;
        limits.max_computations = 0;
    });
    assert_eq!(error(load(&registry, b"model")).kind(), ErrorKind::Busy);
    assert_eq!(error(registry.computation()).kind(), ErrorKind::Busy);
    assert_eq!(backend.loads(), 0);
}

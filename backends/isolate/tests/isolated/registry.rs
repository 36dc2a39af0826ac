//! Tests of a registry that has guests' models in workers.

use crate::{isolated, limits, of_guest, serving};
use nn_models::models;
use std::sync::Arc;
use wasi_nn::{Control, ErrorKind, ExecutionTarget, GuestModels, Registry};

#[test]
fn equal_models_of_two_guests_are_two_workers() {
    let registry =
        Registry::builder().backend(isolated()).guest_models(GuestModels::Isolated).build().unwrap();
    let load = || {
        let model = of_guest(models::small_relu().onnx());
        registry.load(model, ExecutionTarget::Cpu, &Control::unbounded()).unwrap()
    };
    let (one, other) = (load(), load());
    assert!(!Arc::ptr_eq(&one, &other));
    let of_guests = registry.stats().pop().unwrap();
    assert_eq!((of_guests.loads.done, of_guests.load_hits), (2, 0));
}

#[test]
fn more_models_than_workers_are_busy() {
    let backend = serving("onnx", limits().max_workers(1), b"");
    let registry = Registry::builder().backend(backend).guest_models(GuestModels::Isolated).build().unwrap();
    let load = || {
        let model = of_guest(models::small_relu().onnx());
        registry.load(model, ExecutionTarget::Cpu, &Control::unbounded())
    };
    let first = load().unwrap();
    assert_eq!(load().map(drop).unwrap_err().kind(), ErrorKind::Busy);
    drop(first);
    assert!(load().is_ok());
}

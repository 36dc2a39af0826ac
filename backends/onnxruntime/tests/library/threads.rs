//! Tests of many threads that load and compute at once, and of the threads and memory that ONNX Runtime keeps.

use crate::support::{builder, load, of, onnx, onnx_runtime, run};
use nn_models::{Element, Tensor, models};
use wasi_nn::{Control, Origin};

#[test]
fn threads_load_and_compute_at_once() {
    let Some(backend) = onnx_runtime() else { return };
    let shared = load(&backend, onnx(models::double(Element::F32).onnx())).unwrap();
    backend_tests::threads::load_and_compute_at_once(&backend, &shared, || onnx(models::scalar().onnx()));
}

#[cfg(target_os = "linux")]
#[test]
fn loading_over_and_over_takes_no_threads_and_no_memory() {
    use test_support::copy::{self, mode};
    if mode().is_none() {
        if onnx_runtime().is_some() {
            let test = "threads::loading_over_and_over_takes_no_threads_and_no_memory";
            // On the main thread, so that no other one is counted.
            copy::run(copy::command(test, "alone").arg("--test-threads=1"));
        }
        return;
    }
    let Some(backend) = onnx_runtime() else { return };
    let cycle = || {
        let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[0.0; 4])], 1).unwrap();
        assert!(load(&backend, onnx(b"no model".to_vec())).is_err());
    };
    // A session takes some 200 KB, so 80 that stayed would be 16 MB.
    backend_tests::threads::nothing_stays(cycle, 8_000);
}

/// Guests pay for what their models hold.
#[cfg(target_os = "linux")]
#[test]
fn sessions_of_guests_hold_no_more_than_they_say() {
    use test_support::copy::{self, mode};
    if mode().is_none() {
        if onnx_runtime().is_some() {
            copy::run(&mut copy::command("threads::sessions_of_guests_hold_no_more_than_they_say", "alone"));
        }
        return;
    }
    let Some(mut builder) = builder() else { return };
    let backend = builder.guest_onnx(true).build().unwrap();
    for model in [models::scalar(), models::small_relu(), models::matmul_chain(4, 300)] {
        let guests = || of(model.onnx(), Origin::Guest);
        let _warm = load(&backend, guests()).unwrap();
        let before = copy::status("VmRSS");
        let loaded: Vec<_> = (0..30).map(|_| load(&backend, guests()).unwrap()).collect();
        let taken = copy::status("VmRSS").saturating_sub(before) << 10;
        let said: u64 = loaded.iter().map(|graph| graph.held_bytes()).sum();
        assert!(u64::try_from(taken).unwrap() <= said, "{taken} bytes, {said} said");
    }
}

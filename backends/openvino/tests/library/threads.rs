//! Tests of many threads that load and compute at once, and of the threads and memory that OpenVINO keeps.

use crate::support::{ir, load, openvino, run};
use nn_models::{Element, Tensor, models};
use test_support::copy::{self, mode};
use wasi_nn::{Control, Origin};

#[test]
fn threads_load_and_compute_at_once() {
    let Some(openvino) = openvino() else { return };
    let shared = load(&openvino, ir(models::double(Element::F32).ir(), Origin::Guest)).unwrap();
    backend_tests::threads::load_and_compute_at_once(&openvino, &shared, || {
        ir(models::scalar().ir(), Origin::Guest)
    });
}

#[cfg(target_os = "linux")]
#[test]
fn loading_over_and_over_takes_no_threads_and_no_memory() {
    if mode().is_none() {
        if openvino().is_some() {
            let test = "threads::loading_over_and_over_takes_no_threads_and_no_memory";
            // On the main thread, so that no other one is counted.
            copy::run(copy::command(test, "alone").arg("--test-threads=1"));
        }
        return;
    }
    let Some(openvino) = openvino() else { return };
    let cycle = || {
        let graph = load(&openvino, ir(models::dynamic_batch().ir(), Origin::Guest)).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[0.0; 4])], 1).unwrap();
        let broken = nn_models::hostile::broken::ir_files().swap_remove(12).model;
        assert!(load(&openvino, ir(broken, Origin::Host)).is_err());
    };
    // A compiled model takes some 250 KB, so 80 that stayed would be 20 MB.
    backend_tests::threads::nothing_stays(cycle, 10_000);
}

//! Tests of many threads that load and compute at once, and of the threads and memory that ONNX Runtime keeps.

use crate::support::{floats, load, onnx, onnx_runtime, run};
use nn_models::{Element, Tensor, models};
use std::sync::Arc;
use std::thread;

#[test]
fn threads_load_and_compute_at_once() {
    let Some(backend) = onnx_runtime() else { return };
    let shared = load(&backend, onnx(models::double(Element::F32).onnx())).unwrap();
    thread::scope(|scope| {
        for number in 0..8_u8 {
            let (backend, shared) = (&backend, &shared);
            scope.spawn(move || {
                for round in 0..20_u8 {
                    let own = load(backend, onnx(models::scalar().onnx())).unwrap();
                    let value = f32::from(number) * 100.0 + f32::from(round);
                    let mut execution = own.execution().unwrap();
                    let outputs = run(execution.as_mut(), &[Tensor::f32(&[], &[value])], 1).unwrap();
                    assert_eq!(outputs, [floats(&[2.0 * value])]);
                    let mut execution = Arc::clone(shared).execution().unwrap();
                    let outputs = run(execution.as_mut(), &[Tensor::f32(&[2, 3], &[value; 6])], 1).unwrap();
                    assert_eq!(outputs, [floats(&[2.0 * value; 6])]);
                }
            });
        }
    });
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
    let cycle = |times: usize| {
        for _ in 0..times {
            let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
            let mut execution = Arc::clone(&graph).execution().unwrap();
            run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[0.0; 4])], 1).unwrap();
            assert!(load(&backend, onnx(b"no model".to_vec())).is_err());
        }
    };
    cycle(20);
    let (threads, kilobytes) = (copy::status("Threads"), copy::status("VmRSS"));
    cycle(80);
    assert_eq!(copy::status("Threads"), threads);
    let grown = copy::status("VmRSS").saturating_sub(kilobytes);
    // A session takes some 200 KB, so 80 that stayed would be 16 MB.
    assert!(grown < 8_000, "{grown} KB more");
}

//! The checks that many threads load and compute at once, and that nothing stays of what was loaded.

use crate::{CPU, run};
use nn_models::Tensor;
use std::sync::Arc;
use std::thread;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Model};

/// `shared` is `double(F32)`, and `scalar` makes `scalar()`.
#[track_caller]
pub fn load_and_compute_at_once(
    backend: &dyn Backend,
    shared: &Arc<dyn Graph>,
    scalar: impl Fn() -> Arc<Model> + Sync,
) {
    let floats = |values: &[f32]| Tensor::f32(&[], values).bytes;
    thread::scope(|scope| {
        for number in 0..8_u8 {
            let scalar = &scalar;
            scope.spawn(move || {
                for round in 0..20_u8 {
                    let own = backend.load(scalar(), &CPU, &Control::unbounded()).unwrap();
                    let value = f32::from(number) * 100.0 + f32::from(round);
                    let mut execution = own.execution(&Control::unbounded()).unwrap();
                    let outputs = run(execution.as_mut(), &[Tensor::f32(&[], &[value])], 1).unwrap();
                    assert_eq!(outputs, [floats(&[2.0 * value])]);
                    let mut execution = Arc::clone(shared).execution(&Control::unbounded()).unwrap();
                    let outputs = run(execution.as_mut(), &[Tensor::f32(&[2, 3], &[value; 6])], 1).unwrap();
                    assert_eq!(outputs, [floats(&[2.0 * value; 6])]);
                }
            });
        }
    });
}

/// In a process of its own, on its first thread. What `cycle` loads takes no threads after it, and no memory.
///
/// * `most`: kilobytes that may be taken all the same, less than 80 models
#[cfg(target_os = "linux")]
#[track_caller]
pub fn nothing_stays(cycle: impl Fn(), most: usize) {
    use test_support::copy::status;
    let cycles = |times: usize| (0..times).for_each(|_| cycle());
    cycles(20);
    let (threads, kilobytes) = (status("Threads"), status("VmRSS"));
    cycles(80);
    assert_eq!(status("Threads"), threads);
    let grown = status("VmRSS").saturating_sub(kilobytes);
    assert!(grown < most, "{grown} KB more");
}

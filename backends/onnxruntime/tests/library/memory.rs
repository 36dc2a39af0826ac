//! A test of the limit of memory, in a process of its own, which can have one.

use crate::support::{builder, load, onnx, onnx_runtime, refusal, run, set};
use nn_models::hostile::greedy;
use nn_models::{Tensor, models};
use std::sync::Arc;
use test_support::copy;
use wasi_nn::{Control, ErrorKind};

const LIMIT: usize = 16 << 20;

#[test]
fn what_needs_more_memory_than_the_limit_is_an_error() {
    if copy::mode().is_none() {
        if onnx_runtime().is_some() {
            let test = "memory::what_needs_more_memory_than_the_limit_is_an_error";
            copy::run(&mut copy::command(test, "alone"));
        }
        return;
    }
    let Some(mut builder) = builder() else { return };
    let limited = builder.memory_limit(LIMIT).build().unwrap();
    let small = load(&limited, onnx(models::dynamic_batch().onnx())).unwrap();
    let mut execution = Arc::clone(&small).execution(&Control::unbounded()).unwrap();
    run(execution.as_mut(), &[Tensor::f32(&[1, 4], &[0.0; 4])], 1).unwrap();
    // An output of 64 MiB, whose size is only known when it is made.
    let large = load(&limited, onnx(greedy::size_from_input())).unwrap();
    let mut execution = large.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[], &[1.0])).unwrap();
    for (count, fits) in [(1 << 20, true), (1 << 24, false), (1 << 20, true)] {
        set(execution.as_mut(), 1, &Tensor::i64(&[1], &[count])).unwrap();
        let computed = execution.compute(&Control::unbounded()).map_err(|error| error.kind());
        assert_eq!(computed, if fits { Ok(()) } else { Err(ErrorKind::Runtime) }, "{count}");
    }
    let other = builder.memory_limit(2 * LIMIT).build().unwrap();
    let (_, text) = refusal(&other, onnx(models::scalar().onnx()));
    assert!(text.contains("can hold one limit only"), "{text}");
}

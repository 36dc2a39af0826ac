//! The checks that buffers are used again, and hold nothing of another guest's.

use crate::{run, set};
use nn_models::Tensor;
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::{Execution, Graph};
use wasi_nn::{Control, ElementType, InterruptHandle, TensorType};

fn secret() -> Tensor {
    Tensor::f32(&[1, 16], &[7.0; 16])
}

/// The bytes of the input, and where they lie.
fn input(execution: &mut dyn Execution) -> (Vec<u8>, usize) {
    let bytes = execution.input(0, TensorType::new(ElementType::F32, &[1, 16]).unwrap()).unwrap();
    (bytes.to_vec(), bytes.as_ptr() as usize)
}

/// `graph` is `small_relu()`.
#[track_caller]
pub fn the_next_guest_gets_the_same_without_what_was_in_them(graph: &Arc<dyn Graph>) {
    let mut first = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    assert_eq!(run(first.as_mut(), &[secret()], 1).unwrap(), [secret().bytes]);
    let (_, place) = input(first.as_mut());
    drop(first);
    let mut second = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    assert_eq!(second.output(0).unwrap(), [0; 64]);
    assert_eq!(input(second.as_mut()), (vec![0; 64], place));
    // Two at once have one each.
    let mut third = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    assert_ne!(input(third.as_mut()).1, place);
    set(third.as_mut(), 0, &secret()).unwrap();
    second.compute(&Control::unbounded()).unwrap();
    assert_eq!(second.output(0).unwrap(), [0; 64]);
}

/// `graph` is `large_relu()`.
#[track_caller]
pub fn new_executions_start_with_zeroes(graph: Arc<dyn Graph>) {
    // Freed memory of about this size is what a new request might get.
    drop(std::hint::black_box(vec![0x55_u8; 602_112]));
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let kind = TensorType::new(ElementType::F32, &[1, 3, 224, 224]).unwrap();
    assert!(execution.input(0, kind).unwrap().iter().all(|byte| *byte == 0));
    assert!(execution.output(0).unwrap().iter().all(|byte| *byte == 0));
}

/// `graph` is `dynamic_batch()`.
#[track_caller]
pub fn open_shapes_keep_nothing_for_others(graph: Arc<dyn Graph>) {
    let mut first = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
    assert!(first.output(0).is_err(), "nothing was computed");
    run(first.as_mut(), &[Tensor::f32(&[2, 4], &[7.0; 8])], 1).unwrap();
    drop(first);
    let mut second = graph.execution(&Control::unbounded()).unwrap();
    assert!(second.output(0).is_err(), "nothing was computed");
    let bytes = second.input(0, TensorType::new(ElementType::F32, &[2, 4]).unwrap()).unwrap();
    assert_eq!(bytes, [0; 32]);
}

/// `graph` is `dynamic_batch()`.
#[track_caller]
pub fn shapes_may_change_in_every_direction(graph: Arc<dyn Graph>) {
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    for batch in [1, 5, 2, 0, 1000, 1, 1001, 7, 7, 7] {
        let values = vec![1.0; batch * 4];
        let tensor = Tensor::f32(&[u32::try_from(batch).unwrap(), 4], &values);
        let expected = Tensor::f32(&[4], &[11.0, 21.0, 31.0, 41.0]).bytes.repeat(batch);
        assert_eq!(run(execution.as_mut(), &[tensor], 1).unwrap(), [expected]);
    }
}

/// `graph` passes `x`, `f32` of a shape that fits 2 x 2, on to `y`.
///
/// * `is_open`: whether the first size is open
#[track_caller]
pub fn outputs_outlive_the_next_inputs(graph: &Arc<dyn Graph>, is_open: bool, what: &str) {
    let floats = |values: &[f32]| Tensor::f32(&[2], values).bytes;
    for first in [3.0, 4.0] {
        let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
        let outputs = run(execution.as_mut(), &[Tensor::f32(&[2, 2], &[first; 4])], 1).unwrap();
        assert_eq!(outputs, [floats(&[first; 4])], "{what}");
        set(execution.as_mut(), 0, &Tensor::f32(&[2, 2], &[9.0; 4])).unwrap();
        assert_eq!(execution.output(0).unwrap(), outputs[0], "{what}");
        if is_open {
            // The input moves to larger memory.
            set(execution.as_mut(), 0, &Tensor::f32(&[1000, 2], &[8.0; 2000])).unwrap();
            assert_eq!(execution.output(0).unwrap(), outputs[0], "{what}");
            execution.compute(&Control::unbounded()).unwrap();
            assert_eq!(execution.output(0).unwrap(), floats(&[8.0; 2000]), "{what}");
        }
    }
}

/// All inputs of `graph` are `f32`, of fixed shapes.
#[track_caller]
pub fn inputs_stay_set(graph: &Arc<dyn Graph>) {
    let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    for (index, port) in graph.inputs().iter().enumerate() {
        let dimensions: Vec<u32> = port.shape.iter().flatten().flatten().copied().collect();
        let len = dimensions.iter().product::<u32>() as usize;
        set(execution.as_mut(), index, &Tensor::f32(&dimensions, &vec![5.0; len])).unwrap();
    }
    execution.compute(&Control::unbounded()).unwrap();
    let first = execution.output(0).unwrap().to_vec();
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(0).unwrap(), first);
}

/// A hundred rounds of an input, a computation within a time limit, and an output, after a first one that may take what it
/// likes.
///
/// * `kind`: of the input and of the output
/// * `allocations`: how many there were up to now
#[track_caller]
pub fn a_steady_loop_allocates_nothing(
    graph: Arc<dyn Graph>,
    kind: TensorType<'_>,
    allocations: impl Fn() -> usize,
) {
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    let data = vec![1; kind.byte_len() as usize];
    let mut result = vec![0; data.len()];
    let interrupt = InterruptHandle::default();
    let mut step = || {
        let control = Control::new(Some(Duration::from_secs(60)), &interrupt);
        execution.input(0, kind).unwrap().copy_from_slice(&data);
        execution.compute(&control).unwrap();
        result.copy_from_slice(execution.output(0).unwrap());
    };
    step();
    let before = allocations();
    for _ in 0..100 {
        step();
    }
    assert_eq!(allocations(), before);
}

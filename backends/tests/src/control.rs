//! The checks that computations end at their time limit and at an interrupt, and no later ones with them.

use crate::set;
use nn_models::Tensor;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use wasi_nn::backend::{Execution, Graph};
use wasi_nn::{Control, ErrorKind, InterruptHandle};

/// The size of the input of [`long`](nn_models::models::matmul_chain) models.
pub const SIZE: u16 = 256;

/// An execution of `matmul_chain(SIZE, _)` that can compute.
pub fn ready(graph: &Arc<dyn Graph>) -> Box<dyn Execution> {
    let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    let (side, len) = (u32::from(SIZE), usize::from(SIZE) * usize::from(SIZE));
    set(execution.as_mut(), 0, &Tensor::f32(&[side, side], &vec![0.0; len])).unwrap();
    execution
}

/// What a computation ends with that should not succeed.
#[track_caller]
pub fn kind(execution: &mut dyn Execution, control: &Control) -> ErrorKind {
    execution.compute(control).unwrap_err().kind()
}

/// `graph` is a long `matmul_chain`.
#[track_caller]
pub fn ends_at_its_limit_and_can_be_repeated(graph: &Arc<dyn Graph>) {
    let mut execution = ready(graph);
    let whole = Instant::now();
    execution.compute(&Control::unbounded()).unwrap();
    let whole = whole.elapsed();
    let output = execution.output(0).unwrap().to_vec();
    let limit = whole / 8;
    for _ in 0..2 {
        let start = Instant::now();
        let control = Control::new(Some(limit), &InterruptHandle::default());
        assert_eq!(kind(execution.as_mut(), &control), ErrorKind::TimedOut);
        let taken = start.elapsed();
        assert!(taken >= limit && taken < whole * 3 / 4, "{taken:?} of {whole:?}, limited to {limit:?}");
    }
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(0).unwrap(), output);
}

/// Something long ends when its time is up, and when it is interrupted.
///
/// * `time`: less than it takes, by far
#[track_caller]
pub fn ends_when_told(time: Duration, long: impl Fn(&Control) -> ErrorKind + Sync) {
    assert_eq!(long(&Control::new(Some(time), &InterruptHandle::default())), ErrorKind::TimedOut);
    let interrupt = InterruptHandle::default();
    thread::scope(|scope| {
        let ends = scope.spawn(|| long(&Control::new(None, &interrupt)));
        interrupt.interrupt();
        assert_eq!(ends.join().unwrap(), ErrorKind::Interrupted);
    });
}

/// `execution` is ready for a computation that takes long.
#[track_caller]
pub fn ends_at_an_interrupt(mut execution: Box<dyn Execution>) {
    let interrupt = InterruptHandle::default();
    let control = Control::new(None, &interrupt);
    thread::scope(|scope| {
        let computing = scope.spawn(|| kind(execution.as_mut(), &control));
        interrupt.interrupt();
        assert_eq!(computing.join().unwrap(), ErrorKind::Interrupted);
    });
    assert_eq!(kind(execution.as_mut(), &control), ErrorKind::Interrupted);
}

/// `graph` is `double(F32)`.
#[track_caller]
pub fn a_late_cancellation_does_not_meet_the_next_computation(graph: Arc<dyn Graph>) {
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    set(execution.as_mut(), 0, &Tensor::f32(&[2, 3], &[1.0; 6])).unwrap();
    for microseconds in 0..200 {
        let limit = Duration::from_micros(microseconds);
        match execution.compute(&Control::new(Some(limit), &InterruptHandle::default())) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
        }
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), 2.0_f32.to_le_bytes().repeat(6));
    }
}

/// `graph` is a long `matmul_chain`.
#[track_caller]
pub fn what_was_cancelled_is_not_for_others(graph: &Arc<dyn Graph>) {
    let mut execution = ready(graph);
    let control = Control::new(Some(Duration::from_millis(5)), &InterruptHandle::default());
    assert_eq!(kind(execution.as_mut(), &control), ErrorKind::TimedOut);
    let place = execution.output(0).unwrap().as_ptr();
    let other = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    drop(execution);
    let next = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
    assert_ne!(next.output(0).unwrap().as_ptr(), other.output(0).unwrap().as_ptr());
    assert!(next.output(0).unwrap().iter().all(|byte| *byte == 0), "{place:?}");
}

/// `graph` is `counting_loop()`.
#[track_caller]
pub fn sizes_may_say_how_many_turns_there_are(graph: &Arc<dyn Graph>) {
    for turns in [3_u16, 1, 0, 70] {
        let mut execution = Arc::clone(graph).execution(&Control::unbounded()).unwrap();
        let x = Tensor::f32(&[turns.into()], &vec![0.5; turns.into()]);
        set(execution.as_mut(), 0, &x).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!(execution.output(0).unwrap(), f32::from(turns).to_le_bytes(), "{turns}");
    }
}

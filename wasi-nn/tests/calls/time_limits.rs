//! Tests of time limits and interrupts. Every call here would take forever.

use crate::common::errno::{BUSY, INVALID_ARGUMENT, RUNTIME_ERROR, SUCCESS};
use crate::common::fixture::{Fixture, READY, SUM, X, X_PLUS_Y};
use crate::common::guest::{BUILDERS, Guest, MODEL, OUT, TENSOR, number};
use std::thread;
use std::time::{Duration, Instant};
use test_support::{MASK, View};
use wasi_nn::ElementType;
use wasi_policy::Trap;

const SOON: Duration = Duration::from_millis(5);

/// How backends wait that listen: by looking, and by being told.
const WAITING: [&str; 2] = ["wait", "deaf"];

#[test]
fn a_computation_that_takes_too_long() {
    for how in WAITING {
        let mut f = Fixture::limited(|limits| limits.compute_time = Some(SOON));
        f.make_ready();
        let context = f.context(&format!("out y u8 [1] = zeros 1\non compute {how}"));
        let start = Instant::now();
        assert_eq!(f.compute(context), RUNTIME_ERROR, "{how}");
        assert!(start.elapsed() >= SOON);
        assert_eq!(
            f.reason(),
            "compute: the time for this call is up; see `Limits::compile_time` and `Limits::compute_time`"
        );
        assert_eq!(f.output(context, 0), Err(INVALID_ARGUMENT));
        // The guest goes on, with this context and with others.
        assert_eq!(f.compute(context), RUNTIME_ERROR);
        assert_eq!(f.compute(READY), SUCCESS);
        assert_eq!(f.call("finalize_execution_context", &[context]), SUCCESS);
    }
}

/// The call ends in time whether the backend listens or not, and what comes of it later is nobody's.
#[test]
fn loading_that_takes_too_long() {
    for how in ["wait", "deaf", "stubborn"] {
        let mut f = Fixture::limited(|limits| limits.compile_time = Some(SOON));
        assert_eq!(f.load(&format!("{SUM}\non load {how}")), Err(RUNTIME_ERROR), "{how}");
        f.mask();
        if how == "stubborn" {
            f.toy.open_gate();
            f.toy.wait_for_a_graph();
        }
        // What is loaded late is freed without the guest.
        f.toy.wait_for_graphs_to_go();
        assert!(f.memory.iter().all(|byte| *byte == MASK));
        assert_eq!(f.init(0), Err(INVALID_ARGUMENT));
    }
}

/// A load that ignores its limit counts until it ends; the guest's other models, and others' guests, go on.
#[test]
fn loads_that_nobody_waits_for_are_counted() {
    let mut f = Fixture::limited(|limits| limits.compile_time = Some(SOON));
    for number in 0..2 {
        assert_eq!(f.load(&format!("{SUM}\n\non load stubborn{}", "\n".repeat(number))), Err(RUNTIME_ERROR));
    }
    assert_eq!(f.load(&format!("{SUM}\n")), Err(BUSY));
    assert_eq!(
        f.reason(),
        "load: 2 models of the guest's are being loaded, as many as `Limits::max_loads` allows"
    );
    assert!(f.load_by_name("sum").is_ok());
    f.toy.open_gate();
    while f.load(&format!("{SUM}\n")) == Err(BUSY) {
        thread::yield_now();
    }
}

#[test]
fn loading_by_name_that_takes_too_long() {
    let mut f = Fixture::limited(|limits| limits.compile_time = Some(SOON));
    assert_eq!(f.load_by_name("lazy"), Err(RUNTIME_ERROR));
    assert_eq!(
        f.reason(),
        "load_by_name: the time for this call is up; see `Limits::compile_time` and `Limits::compute_time`"
    );
}

/// Makes the call, interrupts it, and makes sure that it was, and that no later one of its kind waits.
fn interrupted(f: &mut Guest, name: &str, args: &[u32]) {
    let handle = f.ctx.interrupt_handle();
    let interrupter = thread::spawn(move || {
        // The guest most likely waits by now, but need not.
        for _ in 0..100 {
            thread::yield_now();
        }
        handle.interrupt();
    });
    let outcome = f.outcome(name, args);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
    interrupter.join().unwrap();
    let outcome = f.outcome(name, args);
    assert!(matches!(outcome, Err(Trap::Interrupted)), "{name} {outcome:?}");
}

#[test]
fn a_computation_is_interrupted() {
    for how in WAITING {
        let mut f = Fixture::limited(|limits| limits.compute_time = None);
        let context = f.context(&format!("on compute {how}"));
        interrupted(&mut f, "compute", &[context]);
    }
}

#[test]
fn loading_is_interrupted() {
    for how in ["wait", "deaf", "stubborn"] {
        let mut f = Fixture::limited(|limits| limits.compile_time = None);
        let (model, len) = f.put(MODEL, format!("on load {how}"));
        f.put_words(BUILDERS, &[model, len]);
        interrupted(&mut f, "load", &[BUILDERS, 1, 3, 0, OUT]);
        f.toy.open_gate();
    }
}

#[test]
fn loading_by_name_is_interrupted() {
    let mut f = Fixture::limited(|limits| limits.compile_time = None);
    let (name, len) = f.put(MODEL, "lazy");
    interrupted(&mut f, "load_by_name", &[name, len, OUT]);
}

/// A backend may load a model once more for an execution, and ask somebody else about an input.
#[test]
fn an_execution_and_a_look_that_take_too_long() {
    for how in WAITING {
        let mut f = Fixture::limited(|limits| limits.compile_time = Some(SOON));
        let graph = f.load(&format!("{SUM}\non execution {how}")).unwrap();
        assert_eq!(f.init(graph), Err(RUNTIME_ERROR), "{how}");
        assert_eq!(
            f.reason(),
            "init_execution_context: the time for this call is up; see `Limits::compile_time` and `Limits::compute_time`"
        );
        for view in [View::Plain, View::Shared] {
            let mut f = Fixture::limited(|limits| limits.compute_time = Some(SOON));
            f.view = view;
            let context = f.context(&format!("in x f32 [?]\non check {how}"));
            assert_eq!(f.set_floats(context, 0, &X), RUNTIME_ERROR, "{how}");
            assert_eq!(f.compute(context), INVALID_ARGUMENT);
        }
    }
}

#[test]
fn an_execution_and_a_look_are_interrupted() {
    for how in WAITING {
        let mut f = Fixture::limited(|limits| (limits.compile_time, limits.compute_time) = (None, None));
        let graph = f.load(&format!("on execution {how}")).unwrap();
        interrupted(&mut f, "init_execution_context", &[graph, OUT]);
        let mut f = Fixture::limited(|limits| limits.compute_time = None);
        let context = f.context(&format!("in x f32 [2]\non check {how}"));
        f.put_tensor(number(ElementType::F32), &[2], &[0; 8]);
        interrupted(&mut f, "set_input", &[context, 0, TENSOR]);
    }
}

/// What need not wait is not touched by an interrupt.
#[test]
fn calls_that_do_not_wait_go_on() {
    let mut f = Fixture::ready();
    f.ctx.interrupt_handle().interrupt();
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
    assert_eq!(f.set_floats(READY, 0, &X), SUCCESS);
    assert!(f.init(0).is_ok());
    assert_eq!(f.call("unload", &[0]), SUCCESS);
    assert!(matches!(f.outcome("compute", &[READY]), Err(Trap::Interrupted)));
    assert_eq!(f.output(READY, 0), Err(INVALID_ARGUMENT));
}

/// A handle outlives its guest, and can be used as often as one likes; each guest has its own.
#[test]
fn handles_are_free() {
    let mut f = Fixture::ready();
    let mut other = Fixture::ready();
    let handles = [f.ctx.interrupt_handle(), f.ctx.interrupt_handle().clone()];
    handles[0].interrupt();
    assert_eq!(other.compute(READY), SUCCESS);
    assert!(matches!(f.outcome("compute", &[READY]), Err(Trap::Interrupted)));
    drop(f);
    for handle in &handles {
        handle.interrupt();
        handle.interrupt();
    }
}

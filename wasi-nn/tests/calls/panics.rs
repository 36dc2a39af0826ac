//! Tests of a backend's panics: the call gives `runtime_error`, and what panicked is not used again.

use crate::common::errno::{INVALID_ARGUMENT, RUNTIME_ERROR, SUCCESS};
use crate::common::fixture::{Fixture, READY, X, X_PLUS_Y};
use crate::common::guest::{BUFFER, OUT};

const PANICKED: &str = "the backend panicked: the model says to panic";
const BEFORE: &str = "the backend panicked before, and what it left is not used";

const MODEL: &str = "in x f32 [?]\nout y f32 [?] = copy x\non";

/// Whatever the guest does with a context after a panic, it is told so; only giving it back works.
fn poisoned(f: &mut Fixture, context: u32) {
    for (call, args) in [
        ("set_input", vec![context, 0, 0x200]),
        ("set_input", vec![context, 9, 0x200]),
        ("compute", vec![context]),
        ("get_output", vec![context, 0, BUFFER, 8, OUT]),
        ("get_output", vec![context, 9, BUFFER, 8, OUT]),
    ] {
        f.put_tensor(1, &[1], &[0; 4]);
        assert_eq!(f.call(call, &args), RUNTIME_ERROR, "{call}");
        assert_eq!(f.reason(), format!("{call}: {BEFORE}"));
    }
    // What it held is gone already.
    assert_eq!(f.toy.executions(), 2);
    assert_eq!(f.call("finalize_execution_context", &[context]), SUCCESS);
    assert_eq!(f.compute(context), INVALID_ARGUMENT);
    // The other contexts and the guest know nothing of it.
    assert_eq!(f.compute(READY), SUCCESS);
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
}

#[test]
fn while_an_input_is_set() {
    let mut f = Fixture::ready();
    let context = f.context(&format!("{MODEL} input panic"));
    assert_eq!(f.set_floats(context, 0, &X), RUNTIME_ERROR);
    assert_eq!(f.reason(), format!("set_input: {PANICKED}"));
    poisoned(&mut f, context);
}

#[test]
fn while_it_computes() {
    let mut f = Fixture::ready();
    let context = f.context(&format!("{MODEL} compute panic"));
    assert_eq!(f.set_floats(context, 0, &X), SUCCESS);
    assert_eq!(f.compute(context), RUNTIME_ERROR);
    assert_eq!(f.reason(), format!("compute: {PANICKED}"));
    poisoned(&mut f, context);
}

#[test]
fn while_an_output_is_read() {
    let mut f = Fixture::ready();
    let context = f.context(&format!("{} output panic", MODEL.replace('?', "2")));
    assert_eq!(f.set_floats(context, 0, &X), SUCCESS);
    assert_eq!(f.compute(context), SUCCESS);
    assert_eq!(f.output(context, 0), Err(RUNTIME_ERROR));
    assert_eq!(f.reason(), format!("get_output: {PANICKED}"));
    poisoned(&mut f, context);
    // How large an output of an open shape is, is asked at once.
    let mut f = Fixture::ready();
    let context = f.context(&format!("{MODEL} output panic"));
    assert_eq!(f.set_floats(context, 0, &X), SUCCESS);
    assert_eq!(f.compute(context), RUNTIME_ERROR);
    assert_eq!(f.reason(), format!("compute: {PANICKED}"));
    poisoned(&mut f, context);
}

#[test]
fn while_a_context_is_made() {
    let mut f = Fixture::ready();
    let graph = f.load("on execution panic").unwrap();
    assert_eq!(f.init(graph), Err(RUNTIME_ERROR));
    assert_eq!(f.reason(), format!("init_execution_context: {PANICKED}"));
    assert_eq!(f.init(graph), Err(RUNTIME_ERROR));
    assert_eq!(f.reason(), format!("init_execution_context: {BEFORE}"));
    assert_eq!(f.call("unload", &[graph]), SUCCESS);
    assert_eq!(f.compute(READY), SUCCESS);
}

#[test]
fn while_a_model_is_loaded() {
    let mut f = Fixture::ready();
    for _ in 0..3 {
        assert_eq!(f.load("on load panic"), Err(RUNTIME_ERROR));
        assert!(f.reason().ends_with(PANICKED), "{}", f.reason());
    }
    assert_eq!(f.compute(READY), SUCCESS);
}

/// A destructor that panics is the last call that could end the host.
#[test]
fn while_a_context_is_freed() {
    let mut f = Fixture::ready();
    let contexts = [0; 3].map(|_| f.context(&format!("{MODEL} drop panic")));
    assert_eq!(f.call("finalize_execution_context", &[contexts[0]]), SUCCESS);
    assert_eq!(f.call("finalize_execution_context", &[contexts[0]]), INVALID_ARGUMENT);
    let toy = f.toy.clone();
    drop(f);
    assert_eq!(toy.executions(), 0);
    toy.wait_for_graphs_to_go();
}

/// In the middle of a panic, and the destructor panics as well.
#[test]
fn while_it_is_freed_after_a_panic() {
    let mut f = Fixture::ready();
    let context = f.context(&format!("{MODEL} compute panic\non drop panic"));
    assert_eq!(f.set_floats(context, 0, &X), SUCCESS);
    assert_eq!(f.compute(context), RUNTIME_ERROR);
    assert_eq!(f.reason(), format!("compute: {PANICKED}"));
    poisoned(&mut f, context);
}

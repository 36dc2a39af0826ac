//! Tests of the order of calls: which inputs are set, and when there are outputs.

use crate::common::errno::{INVALID_ARGUMENT, RUNTIME_ERROR, SUCCESS};
use crate::common::fixture::{FRESH, Fixture, GRAPH, READY, SUM, X, X_PLUS_Y};
use crate::common::guest::{DATA, DIMENSIONS, Guest, TENSOR};
use test_support::SIZE;
use wasi_nn::ElementType;

#[test]
fn all_inputs_must_be_set() {
    let mut f = Fixture::ready();
    assert_eq!(f.compute(FRESH), INVALID_ARGUMENT);
    assert_eq!(f.reason(), "compute: input 0, `x`, is not set");
    assert_eq!(f.set_floats(FRESH, 0, &X), SUCCESS);
    assert_eq!(f.compute(FRESH), INVALID_ARGUMENT);
    assert_eq!(f.reason(), "compute: input 1, `y`, is not set");
    assert_eq!(f.set_floats(FRESH, 1, &X), SUCCESS);
    assert_eq!(f.compute(FRESH), SUCCESS);
    // They stay set: the next computation may change one of them.
    assert_eq!(f.set_floats(FRESH, 1, &[0.0, 0.0]), SUCCESS);
    assert_eq!(f.compute(FRESH), SUCCESS);
    assert_eq!(f.floats(FRESH, 0), Ok(X.to_vec()));
}

#[test]
fn a_graph_without_inputs_computes_at_once() {
    let mut f = Fixture::new();
    let context = f.context("out y u8 [3] = zeros 3");
    assert_eq!(f.compute(context), SUCCESS);
    assert_eq!(f.output(context, 0), Ok(vec![0; 3]));
}

fn no_outputs(f: &mut Guest, context: u32) {
    for index in [0, 1] {
        assert_eq!(f.output(context, index), Err(INVALID_ARGUMENT));
        assert_eq!(
            f.reason(),
            "get_output: no outputs: nothing was computed, or the last computation failed"
        );
    }
}

#[test]
fn outputs_are_there_after_a_computation_only() {
    let mut f = Fixture::ready();
    no_outputs(&mut f, FRESH);
    assert_eq!(f.set_floats(FRESH, 0, &X), SUCCESS);
    assert_eq!(f.set_floats(FRESH, 1, &X), SUCCESS);
    no_outputs(&mut f, FRESH);
    assert_eq!(f.compute(FRESH), SUCCESS);
    assert_eq!(f.floats(FRESH, 1), Ok(X.to_vec()));
}

#[test]
fn setting_an_input_keeps_the_outputs() {
    let mut f = Fixture::ready();
    assert_eq!(f.set_floats(READY, 0, &[5.0, 6.0, 7.0]), SUCCESS);
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
    assert_eq!(f.floats(READY, 1), Ok(X.to_vec()));
}

#[test]
fn a_computation_that_fails_takes_the_outputs_away() {
    let mut f = Fixture::ready();
    assert_eq!(f.set_floats(READY, 0, &[5.0, 6.0, 7.0]), SUCCESS);
    assert_eq!(f.compute(READY), RUNTIME_ERROR);
    assert_eq!(f.reason(), "compute: only tensors of one size can be added");
    no_outputs(&mut f, READY);
    // The inputs are still set, and one of them can be put right.
    assert_eq!(f.set_floats(READY, 1, &[1.0; 3]), SUCCESS);
    assert_eq!(f.compute(READY), SUCCESS);
    assert_eq!(f.floats(READY, 0), Ok(vec![6.0, 7.0, 8.0]));
}

/// What the checks refuse changes nothing; what the backend refuses leaves the input unset.
#[test]
fn an_input_that_fails() {
    let mut f = Fixture::ready();
    assert_eq!(f.set(READY, 0, (ElementType::I32, &[2]), &[0; 8]), INVALID_ARGUMENT);
    assert_eq!(f.compute(READY), SUCCESS);
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));

    let context = f.context(&format!("{SUM}\non input fail"));
    assert_eq!(f.set_floats(context, 0, &X), RUNTIME_ERROR);
    assert_eq!(f.reason(), "set_input: the model says to fail");
    assert_eq!(f.compute(context), INVALID_ARGUMENT);

    let context = f.context("in x f32 [?]\nout y f32 [?] = copy x\non again fail");
    assert_eq!(f.set_floats(context, 0, &X), SUCCESS);
    assert_eq!(f.compute(context), SUCCESS);
    assert_eq!(f.set_floats(context, 0, &X), RUNTIME_ERROR);
    assert_eq!(f.floats(context, 0), Ok(X.to_vec()));
    assert_eq!(f.compute(context), INVALID_ARGUMENT);
}

/// Bad pointers, whatever the call was for, leave inputs and outputs alone.
#[test]
fn an_input_that_cannot_be_read() {
    let mut f = Fixture::ready();
    for record in [[SIZE, 1, 1, DATA, 8], [DIMENSIONS, 1, 1, SIZE - 7, 8], [DIMENSIONS, 1, 1, u32::MAX, 8]] {
        f.put_words(DIMENSIONS, &[2]);
        f.put_words(TENSOR, &record);
        assert_eq!(f.call("set_input", &[READY, 0, TENSOR]), INVALID_ARGUMENT);
        assert_eq!(f.compute(READY), SUCCESS);
        assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
    }
}

#[test]
fn contexts_of_a_graph_know_nothing_of_each_other() {
    let mut f = Fixture::ready();
    let contexts: Vec<u32> = (0..5).map(|_| f.init(GRAPH).unwrap()).collect();
    for context in &contexts {
        assert_eq!(f.set_floats(*context, 0, &[*context as f32]), SUCCESS);
        assert_eq!(f.set_floats(*context, 1, &[0.5]), SUCCESS);
    }
    for context in contexts.iter().rev() {
        assert_eq!(f.compute(*context), SUCCESS);
    }
    for context in &contexts {
        assert_eq!(f.floats(*context, 0), Ok(vec![*context as f32 + 0.5]));
    }
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
}

/// A graph that is given back lives as long as its contexts do.
#[test]
fn contexts_outlive_their_graph() {
    let mut f = Fixture::ready();
    assert_eq!(f.call("unload", &[GRAPH]), SUCCESS);
    assert_eq!(f.compute(READY), SUCCESS);
    assert_eq!(f.floats(READY, 0), Ok(X_PLUS_Y.to_vec()));
    assert_eq!(f.init(GRAPH), Err(INVALID_ARGUMENT));
    assert_eq!(f.call("finalize_execution_context", &[READY]), SUCCESS);
    assert_eq!(f.compute(READY), INVALID_ARGUMENT);
    assert_eq!((f.toy.graphs(), f.toy.executions()), (1, 1));
    assert_eq!(f.call("finalize_execution_context", &[FRESH]), SUCCESS);
    assert_eq!(f.toy.executions(), 0);
}

/// Two guests on one registry: handles of the one mean nothing to the other.
#[test]
fn guests_do_not_share_handles() {
    let mut first = Fixture::ready();
    let mut second = Fixture::new();
    assert_eq!(second.compute(READY), INVALID_ARGUMENT);
    assert_eq!(second.init(GRAPH), Err(INVALID_ARGUMENT));
    assert_eq!(first.compute(READY), SUCCESS);
}

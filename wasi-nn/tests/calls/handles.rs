//! Tests of handles against a model of them, in random order: never given twice, and free again when unused.

use crate::common::errno::{BUSY, INVALID_ARGUMENT, SUCCESS};
use crate::common::fixture::Fixture;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use test_support::same_cases;

/// As many graphs and contexts as there may be.
const MAX: usize = 4;

/// A graph adds one byte to another, so that each context tells which graph it is of.
fn model(id: u32) -> String {
    format!("in x u8 [{id}]\nout y u8 [{id}] = copy x")
}

#[derive(Clone, Debug)]
enum Step {
    Load,
    Init(u32),
    Unload(u32),
    Finalize(u32),
}

/// What the guest should have: the graphs, and the contexts with the graphs that they are of.
#[derive(Debug, Default)]
struct Model {
    graphs: BTreeSet<u32>,
    contexts: BTreeMap<u32, u32>,
    next_graph: u32,
    next_context: u32,
}

fn handle() -> impl Strategy<Value = u32> {
    prop_oneof![12 => 0..12_u32, 1 => prop_oneof![Just(u32::MAX), Just(1 << 31), any::<u32>()]]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Load),
        4 => handle().prop_map(Step::Init),
        2 => handle().prop_map(Step::Unload),
        2 => handle().prop_map(Step::Finalize),
    ]
}

proptest! {
    #![proptest_config(same_cases(256))]

    #[test]
    fn handles_behave_like_their_model(steps in prop::collection::vec(step(), 1..60)) {
        let mut f = Fixture::limited(|limits| {
            limits.max_graphs = MAX as u32;
            limits.max_contexts = MAX as u32;
        });
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Load => {
                    let expected = if model.graphs.len() < MAX { Ok(model.next_graph) } else { Err(BUSY) };
                    prop_assert_eq!(f.load(&self::model(model.next_graph)), expected);
                    if let Ok(graph) = expected {
                        model.graphs.insert(graph);
                        model.next_graph += 1;
                    }
                }
                Step::Init(graph) => {
                    let expected = match model.graphs.contains(&graph) {
                        false => Err(INVALID_ARGUMENT),
                        true if model.contexts.len() == MAX => Err(BUSY),
                        true => Ok(model.next_context),
                    };
                    prop_assert_eq!(f.init(graph), expected);
                    if let Ok(context) = expected {
                        model.contexts.insert(context, graph);
                        model.next_context += 1;
                    }
                }
                Step::Unload(graph) => {
                    let expected = if model.graphs.remove(&graph) { SUCCESS } else { INVALID_ARGUMENT };
                    prop_assert_eq!(f.call("unload", &[graph]), expected);
                }
                Step::Finalize(context) => {
                    let is_there = model.contexts.remove(&context).is_some();
                    let expected = if is_there { SUCCESS } else { INVALID_ARGUMENT };
                    prop_assert_eq!(f.call("finalize_execution_context", &[context]), expected);
                }
            }
            // Each context is of its graph, whether that has been given back or not.
            for context in 0..model.next_context {
                let Some(graph) = model.contexts.get(&context) else {
                    prop_assert_eq!(f.compute(context), INVALID_ARGUMENT);
                    continue;
                };
                let data = vec![context as u8; *graph as usize];
                prop_assert_eq!(f.set(context, 0, (wasi_nn::ElementType::U8, &[*graph]), &data), SUCCESS);
                prop_assert_eq!(f.compute(context), SUCCESS);
                prop_assert_eq!(f.output(context, 0), Ok(data));
            }
            prop_assert_eq!(f.toy.executions(), model.contexts.len());
        }
    }
}

/// Each kind is counted apart, and a handle of one kind is none of the other.
#[test]
fn kinds_do_not_mix() {
    let mut f = Fixture::new();
    for graph in 0..3 {
        assert_eq!(f.load(&model(graph)), Ok(graph));
    }
    assert_eq!(f.init(2), Ok(0));
    assert_eq!(f.compute(2), INVALID_ARGUMENT);
    assert_eq!(f.reason(), "compute: there is no execution context 2, or no longer");
    assert_eq!(f.call("finalize_execution_context", &[2]), INVALID_ARGUMENT);
    assert_eq!(f.call("unload", &[0]), SUCCESS);
    assert_eq!(f.init(0), Err(INVALID_ARGUMENT));
    assert_eq!(f.reason(), "init_execution_context: there is no graph 0, or no longer");
    assert_eq!(f.set(0, 0, (wasi_nn::ElementType::U8, &[2]), b"ok"), SUCCESS);
}

/// A guest that makes and frees in a loop gets a new number each time, and nothing piles up.
#[test]
fn numbers_go_on() {
    let mut f = Fixture::limited(|limits| {
        limits.max_graphs = 1;
        limits.max_contexts = 1;
    });
    for round in 0..200 {
        assert_eq!(f.load(&model(1)), Ok(round));
        assert_eq!(f.init(round), Ok(round));
        assert_eq!((f.toy.graphs(), f.toy.executions()), (1, 1));
        assert_eq!(f.call("unload", &[round]), SUCCESS);
        assert_eq!(f.call("finalize_execution_context", &[round]), SUCCESS);
        assert_eq!(f.toy.executions(), 0);
        f.toy.wait_for_graphs_to_go();
    }
}

/// A context takes everything with it.
#[test]
fn dropping_the_guest_frees_all() {
    let mut f = Fixture::new();
    for _ in 0..5 {
        f.context(&model(1));
    }
    let toy = f.toy.clone();
    assert_eq!((toy.graphs(), toy.executions()), (1, 5));
    drop(f);
    assert_eq!(toy.executions(), 0);
    toy.wait_for_graphs_to_go();
}

//! Tests of every function with any arguments in any order.
//!
//! No call panics, traps, takes much memory, gives a number that is no errno, or writes to any other place than those
//! that its arguments name; when it fails, the harness sees to it that nothing is written at all.

use crate::common::errno::SUCCESS;
use crate::common::fixture::{Fixture, SUM};
use crate::common::guest::{BUILDERS, DATA, DIMENSIONS, Guest, MODEL, NAME, TENSOR};
use proptest::prelude::*;
use std::time::Duration;
use test_support::counting::peak;
use test_support::{SIZE, View, same_cases};

/// Models and nonsense, each at its own place.
const MODELS: &[&str] = &[
    SUM,
    "in x u8 [?, 2]\nout y u8 [?, 2] = copy x",
    "in x f64 []\nout y f64 [] = sum x x",
    "in x i32 [...]\nin y i32 [...]\nout z i32 [...] = sum x y",
    "out y u8 [300] = zeros 300",
    "out y u8 [?] = zeros 70000",
    "in x u8 [4294967295, 4294967295]",
    "on compute fail",
    "on input fail\nin x u8 [?]",
    "on compute wait",
    "<net >\nin x i64 [1]\nout y i64 [1] = copy x",
    "nonsense",
    "",
];

const NAMES: &[&str] = &["sum", "ä", "broken", "double", "f16", "i64", "no such", "sum\0"];

/// What a call may take: the harness copies the guest's memory twice, and the limits below allow little.
const BOUND: usize = 4 * SIZE as usize;

/// The functions.
const FUNCTIONS: &[Function] = &[
    ("load", 5, &[(4, Word)]),
    ("load_by_name", 3, &[(2, Word)]),
    ("load_by_name_with_config", 5, &[(4, Word)]),
    ("init_execution_context", 2, &[(1, Word)]),
    ("set_input", 3, &[]),
    ("get_output", 5, &[(2, Argument(3)), (4, Word)]),
    ("compute", 1, &[]),
    ("unload", 1, &[]),
    ("finalize_execution_context", 1, &[]),
    ("compute_single", 1, &[]),
    ("get_output_single", 5, &[]),
    ("fini_single", 1, &[]),
];

/// A name, how many arguments there are, and where a success may write: at which argument, and how many bytes.
type Function = (&'static str, usize, &'static [(usize, Size)]);

enum Size {
    Word,
    /// As many as this argument says.
    Argument(usize),
}
use Size::{Argument, Word};

/// Puts something useful into memory, so that calls get further than their first check. `tensor` is the record that
/// inputs are mostly set from.
fn furnish(f: &mut Guest, tensor: &Tensor) {
    f.mask();
    let mut builders = Vec::new();
    for (at, model) in (MODEL..).step_by(0x100).zip(MODELS) {
        let (at, len) = f.put(at, model);
        builders.extend([at, len]);
    }
    builders.extend([SIZE - 1, 1, SIZE - 1, 2, DATA, 0x7000]);
    f.put_words(BUILDERS, &builders);
    for (at, name) in (NAME..).step_by(0x10).zip(NAMES) {
        f.put(at, name);
    }
    f.put(DATA, [7; 0x1000]);
    f.put_words(DIMENSIONS, &tensor.dimensions);
    let rank = tensor.dimensions.len() as u32;
    f.put_words(TENSOR, &[DIMENSIONS, rank, tensor.type_number, DATA, tensor.len]);
}

#[derive(Clone, Debug)]
struct Tensor {
    dimensions: Vec<u32>,
    type_number: u32,
    len: u32,
}

/// A tensor that some input takes, or any.
fn tensor() -> impl Strategy<Value = Tensor> {
    let dimension = prop_oneof![8 => 1..4_u32, 1 => Just(0), 1 => any::<u32>()];
    let any_type =
        (prop::collection::vec(dimension, 0..19), 0..7_u32, prop::sample::select(&[1, 2, 4, 8, 3][..]));
    let (one, two) = (prop::collection::vec(1..4_u32, 1), (1..4_u32).prop_map(|rows| vec![rows, 2]));
    prop_oneof![
        4 => (one, Just(1), Just(4)),
        2 => (two.clone(), Just(3), Just(1)),
        1 => (two, Just(4), Just(4)),
        1 => Just((vec![], 2, 8)),
        2 => any_type,
    ]
    .prop_map(|(dimensions, type_number, width): (Vec<u32>, u32, u32)| {
        let len = dimensions.iter().fold(width, |len, dimension| len.wrapping_mul(*dimension));
        Tensor { dimensions, type_number, len }
    })
}

/// A handle, an index, a count, an encoding, a length, or a pointer to something of [`furnish`], or to anything.
fn argument() -> impl Strategy<Value = u32> {
    prop_oneof![
        10 => 0..4_u32,
        2 => 0..32_u32,
        3 => (0..MODELS.len() as u32 + 3).prop_map(|index| BUILDERS + 8 * index),
        3 => (0..NAMES.len() as u32).prop_map(|index| NAME + 0x10 * index),
        3 => Just(TENSOR),
        2 => 0x100..0x1000_u32,
        2 => 0xc000..0x1_0000_u32,
        1 => prop_oneof![Just(SIZE - 1), Just(SIZE), Just(1 << 29), Just(1 << 31), Just(u32::MAX)],
        1 => any::<u32>(),
    ]
}

/// Arguments that may well succeed, for the functions that otherwise hardly ever would.
fn likely(function: usize) -> BoxedStrategy<[u32; 5]> {
    let out = 0xe000..0xf000_u32;
    match FUNCTIONS[function].0 {
        "load" => (0..MODELS.len() as u32, 1..3_u32, prop::sample::select(&[3_u32, 3, 3, 0, 5][..]), out)
            .prop_map(|(model, count, encoding, out)| [BUILDERS + 8 * model, count, encoding, 0, out])
            .boxed(),
        "load_by_name" => (0..NAMES.len(), out)
            .prop_map(|(name, out)| [NAME + 0x10 * name as u32, NAMES[name].len() as u32, out, 0, 0])
            .boxed(),
        "init_execution_context" => (0..5_u32, out).prop_map(|(graph, out)| [graph, out, 0, 0, 0]).boxed(),
        "set_input" => (0..4_u32, 0..2_u32).prop_map(|(context, at)| [context, at, TENSOR, 0, 0]).boxed(),
        "get_output" => (0..4_u32, 0..2_u32, 0xc000..0xe000_u32, 0..0x400_u32, out)
            .prop_map(|(context, at, buffer, len, out)| [context, at, buffer, len, out])
            .boxed(),
        "compute" => (0..4_u32).prop_map(|context| [context, 0, 0, 0, 0]).boxed(),
        _ => (0..12_u32).prop_map(|handle| [handle, 0, 0, 0, 0]).boxed(),
    }
}

#[derive(Clone, Debug)]
struct Call {
    function: usize,
    args: [u32; 5],
    tensor: Tensor,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    // The functions of which a computation consists come oftener than those that give things back.
    let function =
        prop_oneof![3 => 0..FUNCTIONS.len(), 7 => prop::sample::select(&[0_usize, 1, 3, 4, 4, 5, 5, 6][..])];
    let call = function.prop_flat_map(|function| {
        let args = prop_oneof![1 => prop::array::uniform5(argument()).boxed(), 3 => likely(function)];
        (Just(function), args, tensor()).prop_map(|(function, args, tensor)| Call { function, args, tensor })
    });
    prop::collection::vec(call, 1..80)
}

fn run(view: View, calls: &[Call]) {
    let mut f = Fixture::limited(|limits| {
        limits.max_graphs = 5;
        limits.max_contexts = 6;
        limits.max_model_bytes = 1 << 12;
        limits.max_tensor_bytes = 1 << 12;
        limits.max_live_tensor_bytes = 1 << 14;
        limits.compute_time = Some(Duration::from_micros(100));
    });
    f.view = view;
    // Something to begin with.
    for model in &MODELS[..4] {
        f.context(model);
    }
    for Call { function, args, tensor } in calls {
        let (name, arity, writes) = &FUNCTIONS[*function];
        let args = &args[..*arity];
        furnish(&mut f, tensor);
        let mut expected = f.memory.to_vec();
        let (outcome, taken) = peak(|| f.outcome(name, args));
        let errno = outcome.unwrap_or_else(|trap| panic!("{name}{args:x?} trapped: {trap}"));
        assert!(taken < BOUND, "{name}{args:x?} took {taken} bytes");
        if errno == SUCCESS {
            for (at, size) in *writes {
                let at = args[*at] as usize;
                let len = match size {
                    Word => 4,
                    Argument(index) => args[*index] as usize,
                };
                expected[at..at + len].copy_from_slice(&f.memory[at..at + len]);
            }
            f.memory.assert_is(&expected, 0..0, format_args!("{name}{args:x?} succeeded"));
        }
    }
    assert!(f.toy.executions() <= 6);
}

proptest! {
    #![proptest_config(same_cases(400))]

    #[test]
    fn anything_in_any_order(calls in calls()) {
        run(View::Plain, &calls);
    }
}

proptest! {
    #![proptest_config(same_cases(20))]

    #[test]
    fn anything_in_any_order_on_shared_memory(calls in calls()) {
        run(View::Shared, &calls);
    }
}

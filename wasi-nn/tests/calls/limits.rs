//! Tests of each limit on a guest, at the limit and one beyond it, and of what is given back.

use crate::common::errno::{
    BUSY, INVALID_ARGUMENT, RUNTIME_ERROR, SUCCESS, TOO_LARGE, UNSUPPORTED_OPERATION,
};
use crate::common::fixture::{Fixture, GRAPH, SUM, registry};
use crate::common::guest::{Guest, NAME, OUT};
use crate::common::toy::Toy;
use std::thread;
use std::time::Duration;
use wasi_nn::{ElementType, Limits, NnCtx, ProcessLimits};

/// A model of exactly so many bytes.
fn model_of(len: usize) -> String {
    format!("{:>len$}", "\n").replace(' ', "\n")
}

#[test]
fn all_are_finite_by_default() {
    let limits = Limits::default();
    let Limits { max_graphs, max_contexts, max_model_bytes, max_tensor_bytes, .. } = limits;
    let Limits { max_live_tensor_bytes, max_name_len, max_config_len, compile_time, compute_time, .. } =
        limits;
    assert!(max_graphs < 1 << 10 && max_contexts < 1 << 10);
    assert!(max_model_bytes < 1 << 32 && max_live_tensor_bytes < 1 << 32);
    assert!(max_tensor_bytes < u32::MAX && max_name_len < 1 << 16 && max_config_len < 1 << 20);
    assert!(compile_time.unwrap() < Duration::from_secs(600));
    assert!(compute_time.unwrap() < Duration::from_secs(600));
}

#[test]
fn graphs() {
    let mut f = Fixture::limited(|limits| limits.max_graphs = 3);
    for graph in 0..3 {
        assert_eq!(f.load(SUM), Ok(graph));
    }
    assert_eq!(f.load(SUM), Err(BUSY));
    assert_eq!(f.load_by_name("sum"), Err(BUSY));
    assert_eq!(
        f.reason(),
        "load_by_name: the guest has 3 graphs, as many as `Limits::max_graphs` allows; free one first"
    );
    assert_eq!(f.call("unload", &[1]), SUCCESS);
    assert_eq!(f.load_by_name("sum"), Ok(3));
    // A graph that could not be loaded has taken no place.
    assert_eq!(f.call("unload", &[2]), SUCCESS);
    assert_eq!(f.load("nonsense"), Err(RUNTIME_ERROR));
    assert_eq!(f.load(SUM), Ok(4));
}

#[test]
fn contexts() {
    let mut f = Fixture::limited(|limits| limits.max_contexts = 3);
    f.load(SUM).unwrap();
    for context in 0..3 {
        assert_eq!(f.init(GRAPH), Ok(context));
    }
    assert_eq!(f.init(GRAPH), Err(BUSY));
    assert_eq!(
        f.reason(),
        "init_execution_context: the guest has 3 execution contexts, as many as `Limits::max_contexts` allows; free one first"
    );
    // The backend is not even asked.
    let failing = f.load("on execution fail").unwrap();
    assert_eq!(f.init(failing), Err(BUSY));
    assert_eq!(f.call("finalize_execution_context", &[0]), SUCCESS);
    assert_eq!(f.init(failing), Err(RUNTIME_ERROR));
    assert_eq!(f.init(GRAPH), Ok(3));
    assert_eq!(f.toy.executions(), 3);
}

#[test]
fn nothing_at_all() {
    let mut f = Fixture::limited(|limits| {
        limits.max_graphs = 0;
        limits.max_contexts = 0;
        limits.max_model_bytes = 0;
    });
    assert_eq!(f.load(SUM), Err(BUSY));
    assert_eq!(f.toy.loads(), 0);
}

/// Bytes of models count until neither a handle nor a context is left of them; those of the host's do not.
#[test]
fn bytes_of_models() {
    let mut f = Fixture::limited(|limits| limits.max_model_bytes = 1000);
    assert_eq!(f.load(&model_of(1001)), Err(TOO_LARGE));
    assert_eq!(
        f.reason(),
        "load: bytes of the guest's models would be 1001; the limit is 1000 (`Limits::max_model_bytes`)"
    );
    assert_eq!(f.toy.loads(), 0);
    assert_eq!(f.load(&model_of(400)), Ok(0));
    assert_eq!(f.load(&model_of(600)), Ok(1));
    assert_eq!(f.load_by_name("sum"), Ok(2));
    assert_eq!(f.load(&model_of(1)), Err(TOO_LARGE));
    assert_eq!(f.init(0), Ok(0));
    assert_eq!(f.init(0), Ok(1));
    for call in ["unload", "finalize_execution_context"] {
        assert_eq!(f.call(call, &[0]), SUCCESS);
        assert_eq!(f.load(&model_of(1)), Err(TOO_LARGE), "{call}");
    }
    assert_eq!(f.call("finalize_execution_context", &[1]), SUCCESS);
    assert_eq!(f.load(&model_of(401)), Err(TOO_LARGE));
    assert_eq!(f.load(&model_of(400)), Ok(3));
}

/// What backends hold for a model counts too, until nothing is left of it.
#[test]
fn bytes_that_are_held_for_models() {
    let mut f = Fixture::limited(|limits| limits.max_model_bytes = 1000);
    assert_eq!(f.load("holds 1001\n"), Err(TOO_LARGE));
    f.toy.wait_for_graphs_to_go();
    assert_eq!(f.load("holds 600\n"), Ok(0));
    assert_eq!(f.load("holds 401\n"), Err(TOO_LARGE));
    assert_eq!(f.load("holds 400\n"), Ok(1));
    assert_eq!(f.init(0), Ok(0));
    assert_eq!(f.call("unload", &[0]), SUCCESS);
    assert_eq!(f.load("holds 401\n"), Err(TOO_LARGE));
    assert_eq!(f.call("finalize_execution_context", &[0]), SUCCESS);
    assert_eq!(f.load("holds 600\n\n"), Ok(2));
}

/// Outputs whose size is known when they are computed count from then on, and go if they are too large.
#[test]
fn outputs_of_open_shapes() {
    let mut f = Fixture::limited(|limits| limits.max_live_tensor_bytes = 1000);
    let small = f.context("out y u8 [?] = zeros 400");
    let other = f.context("out y u8 [...] = zeros 600");
    let large = f.context("out y u8 [?] = zeros 601");
    assert_eq!(f.compute(small), SUCCESS);
    assert_eq!(f.compute(large), TOO_LARGE);
    assert_eq!(f.output(large, 0), Err(INVALID_ARGUMENT));
    assert_eq!(f.compute(other), SUCCESS);
    // The same again takes the place of what was there.
    assert_eq!(f.compute(small), SUCCESS);
    assert_eq!(f.call("finalize_execution_context", &[other]), SUCCESS);
    assert_eq!(f.call("finalize_execution_context", &[small]), SUCCESS);
    assert_eq!(f.compute(large), SUCCESS);
}

/// The width of a type that guests cannot name is the backend's word, and so are the bytes of such an output.
#[test]
fn bytes_of_outputs_that_guests_cannot_name() {
    let mut f = Fixture::limited(|limits| limits.max_live_tensor_bytes = 300);
    let wide = f.context("out y complex128 [2] = zeros 300");
    assert_eq!(f.compute(wide), SUCCESS);
    let graph = f.load("out y complex128 [1] = zeros 1").unwrap();
    assert_eq!(f.init(graph), Err(TOO_LARGE));
    assert_eq!(f.call("finalize_execution_context", &[wide]), SUCCESS);
    let wide = f.context("out y complex128 [2] = zeros 301");
    assert_eq!(f.compute(wide), TOO_LARGE);
    assert_eq!(f.output(wide, 0), Err(INVALID_ARGUMENT));
}

/// An output that cannot be had is an error when the guest asks for that one, and for no other.
#[test]
fn outputs_that_are_no_tensors_leave_the_others() {
    let mut f = Fixture::limited(|limits| limits.max_live_tensor_bytes = 300);
    let context = f.context(
        "in x u8 [?]\nout label u8 [?] = copy x\nout maps sequence [...] = nothing\nout text string [2] = nothing",
    );
    for label in [1, 2] {
        assert_eq!(f.set(context, 0, (ElementType::U8, &[1]), &[label]), SUCCESS);
        assert_eq!(f.compute(context), SUCCESS);
        for none in [1, 2] {
            assert_eq!(f.output(context, none), Err(UNSUPPORTED_OPERATION));
            assert_eq!(f.reason(), "get_output: the output is no tensor");
        }
        assert_eq!(f.output(context, 0), Ok(vec![label]));
    }
}

/// An execution whose outputs were too large is gone before another is made, and may be the last.
#[test]
fn outputs_beyond_the_limit_are_gone_though_no_execution_can_be_made() {
    let mut f = Fixture::limited(|limits| limits.max_live_tensor_bytes = 100);
    let context = f.context("in x u8 [?]\nout y u8 [?] = zeros 101\non execution once");
    assert_eq!(f.set(context, 0, (ElementType::U8, &[1]), &[0]), SUCCESS);
    assert_eq!((f.compute(context), f.toy.executions()), (TOO_LARGE, 0));
    assert_eq!(f.set(context, 0, (ElementType::U8, &[1]), &[0]), RUNTIME_ERROR);
    assert_eq!(f.reason(), "set_input: no execution could be made anew: there was one execution");
    assert_eq!(f.compute(context), INVALID_ARGUMENT);
    assert_eq!(f.call("finalize_execution_context", &[context]), SUCCESS);
}

/// Both parts of a model count, and what is refused or fails is given back.
#[test]
fn bytes_of_parts_and_of_failures() {
    let mut f = Fixture::limited(|limits| limits.max_model_bytes = 100);
    let xml = format!("<net >{}", model_of(44));
    assert_eq!(f.load_parts(0, &[xml.as_bytes(), model_of(51).as_bytes()]), Err(TOO_LARGE));
    for failing in ["nonsense", "on load fail", "on load panic"] {
        let text = format!("{failing}{}", model_of(100 - failing.len()));
        for _ in 0..3 {
            assert_eq!(f.load(&text), Err(RUNTIME_ERROR), "{failing}");
        }
    }
    assert_eq!(f.load_parts(0, &[xml.as_bytes(), model_of(50).as_bytes()]), Ok(0));
}

/// A list can name the same bytes again and again, which would multiply them.
#[test]
fn parts_that_are_the_same_bytes() {
    let mut f = Fixture::limited(|limits| limits.max_model_bytes = 199);
    let xml = format!("<net >{}", model_of(94));
    let (part, len) = f.put(0x1000, &xml);
    f.put_words(0x100, &[part, len, part, len]);
    assert_eq!(f.call("load", &[0x100, 2, 0, 0, OUT]), TOO_LARGE);
}

const OPEN: &str = "in x u8 [?]\nin y u8 [?]\nout z u8 [?] = copy x";

#[test]
fn bytes_of_a_tensor() {
    let mut f = Fixture::limited(|limits| limits.max_tensor_bytes = 100);
    let context = f.context(OPEN);
    assert_eq!(f.set(context, 0, (ElementType::U8, &[101]), &[0; 101]), TOO_LARGE);
    assert_eq!(f.reason(), "set_input: a tensor of 101 bytes; the limit is 100 (`Limits::max_tensor_bytes`)");
    assert_eq!(f.set(context, 0, (ElementType::U8, &[100]), &[0; 100]), SUCCESS);
    let graph = f.load("in x i32 [5, 5]\nout y i32 [5, 5] = copy x").unwrap();
    assert!(f.init(graph).is_ok());
    let graph = f.load("in x i32 [2, 13]").unwrap();
    assert_eq!(f.init(graph), Err(TOO_LARGE));
    assert_eq!(
        f.reason(),
        "init_execution_context: `x` has 104 bytes; the limit is 100 (`Limits::max_tensor_bytes`)"
    );
}

/// An input counts with the largest tensor that it has had, since the backend keeps the room.
#[test]
fn bytes_of_all_tensors() {
    let mut f = Fixture::limited(|limits| limits.max_live_tensor_bytes = 300);
    let first = f.context(OPEN);
    let graph = f.load(OPEN).unwrap();
    let second = f.init(graph).unwrap();
    let bytes = [0; 301];
    let mut set =
        |context, index, len: u32| f.set(context, index, (ElementType::U8, &[len]), &bytes[..len as usize]);
    assert_eq!(set(first, 0, 100), SUCCESS);
    assert_eq!(set(first, 1, 100), SUCCESS);
    assert_eq!(set(second, 0, 101), TOO_LARGE);
    assert_eq!(set(second, 0, 100), SUCCESS);
    // Smaller, and as large as before: nothing new.
    assert_eq!(set(first, 0, 1), SUCCESS);
    assert_eq!(set(first, 0, 100), SUCCESS);
    assert_eq!(set(second, 1, 1), TOO_LARGE);
    assert_eq!(set(first, 0, 101), TOO_LARGE);
    assert_eq!(
        f.reason(),
        "set_input: bytes of the guest's tensors would be 301; the limit is 300 (`Limits::max_live_tensor_bytes`)"
    );
    assert_eq!(f.call("finalize_execution_context", &[first]), SUCCESS);
    assert_eq!(f.set(second, 1, (ElementType::U8, &[201]), &bytes[..201]), TOO_LARGE);
    assert_eq!(f.set(second, 1, (ElementType::U8, &[200]), &bytes[..200]), SUCCESS);
}

/// Fixed shapes are charged when the context is made, once, and given back with it.
#[test]
fn bytes_of_fixed_shapes() {
    let mut f = Fixture::limited(|limits| limits.max_live_tensor_bytes = 300);
    let graph = f.load("in x f32 [25]\nin y u8 [?]\nout z f32 [5, 5] = copy x").unwrap();
    assert_eq!(f.init(graph), Ok(0));
    assert_eq!(f.init(graph), Err(TOO_LARGE));
    assert_eq!(f.set(0, 0, (ElementType::F32, &[25]), &[0; 100]), SUCCESS);
    assert_eq!(f.set(0, 1, (ElementType::U8, &[100]), &[0; 100]), SUCCESS);
    assert_eq!(f.set(0, 1, (ElementType::U8, &[101]), &[0; 101]), TOO_LARGE);
    // A context that the backend refuses to make is not charged for.
    let failing = f.load("in x u8 [1]\non execution fail").unwrap();
    for _ in 0..3 {
        assert_eq!(f.init(failing), Err(TOO_LARGE));
    }
    assert_eq!(f.call("finalize_execution_context", &[0]), SUCCESS);
    for _ in 0..500 {
        assert_eq!(f.init(failing), Err(RUNTIME_ERROR));
    }
    assert!(f.init(graph).is_ok());
}

#[test]
fn lengths_of_names_and_configurations() {
    let mut f = Fixture::limited(|limits| {
        limits.max_name_len = 3;
        limits.max_config_len = 4;
    });
    assert_eq!(f.load_by_name("sum"), Ok(0));
    assert_eq!(f.load_by_name("lazy"), Err(TOO_LARGE));
    let (text, _) = f.put(NAME, "sum?????");
    for (config_len, expected) in [(0, SUCCESS), (4, SUCCESS), (5, TOO_LARGE)] {
        let args = [text, 3, text, config_len, OUT];
        assert_eq!(f.call("load_by_name_with_config", &args), expected, "{config_len}");
    }
}

/// Places among the computations of the process are given back, whatever a computation comes to.
#[test]
fn computations_of_the_process() {
    let mut process = ProcessLimits::default();
    process.max_computations = 1;
    let mut f = Fixture::over(process, &Limits::default());
    let failing = f.context("on compute fail");
    let panicking = f.context("on compute panic");
    let good = f.context("out y u8 [1] = zeros 1");
    for _ in 0..3 {
        assert_eq!(f.compute(failing), RUNTIME_ERROR);
        assert_eq!(f.compute(panicking), RUNTIME_ERROR);
        assert_eq!(f.compute(good), SUCCESS);
    }
}

/// A guest that computes has its place until it is done, and others are told that there is none.
#[test]
fn computations_at_a_time() {
    let mut process = ProcessLimits::default();
    process.max_computations = 1;
    let toy = Toy::default();
    let builder = NnCtx::builder(registry(&toy, process));
    let (mut first, mut second) = (Guest::new(builder.build()), Guest::new(builder.build()));
    let slow = first.context("on compute stubborn");
    let quick = second.context("out y u8 [1] = zeros 1");
    thread::scope(|scope| {
        let computing = scope.spawn(|| first.compute(slow));
        toy.wait_until_stuck();
        let refused = (second.compute(quick), second.output(quick, 0));
        // Before anything can fail, or the test would wait for ever.
        toy.open_gate();
        assert_eq!(refused, (BUSY, Err(INVALID_ARGUMENT)));
        assert_eq!(computing.join().unwrap(), SUCCESS);
    });
    assert_eq!(second.compute(quick), SUCCESS);
}

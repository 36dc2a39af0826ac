//! Rows of the calls that compute.

use super::rows;
use crate::common::errno::{Errno, SUCCESS};
use crate::common::fixture::{FRESH, Fixture, GRAPH, READY, STALE, X};
use crate::common::guest::{BUFFER, DATA, DIMENSIONS, OUT, TENSOR};
use test_support::SIZE;
use wasi_nn::ElementType::{F16, F32, I32};
use wasi_nn::{Limits, ProcessLimits};

/// A context of a model whose inputs are set, in a fixture with the process's limits.
fn run(f: &Fixture, process: ProcessLimits, model: &str) -> (Fixture, u32) {
    let mut other = Fixture::over(process, &Limits::default());
    other.view = f.view;
    let context = other.context(model);
    (other, context)
}

fn compute(f: &Fixture, model: &str) -> Errno {
    let (mut f, context) = run(f, ProcessLimits::default(), model);
    f.compute(context)
}

fn init(f: &Fixture, model: &str) -> Errno {
    let mut other = Fixture::limited(|limits| {
        limits.max_tensor_bytes = 100;
        limits.max_live_tensor_bytes = 150;
    });
    other.view = f.view;
    let graph = other.load(model).unwrap();
    other.init(graph).unwrap_err()
}

/// Sets the first input of [`FRESH`] from a record of these words.
fn record(f: &mut Fixture, words: [u32; 5]) -> Errno {
    f.put_words(DIMENSIONS, &[2]);
    f.put_words(TENSOR, &words);
    f.call("set_input", &[FRESH, 0, TENSOR])
}

fn output_of(f: &Fixture, model: &str) -> Errno {
    let (mut f, context) = run(f, ProcessLimits::default(), model);
    assert_eq!(f.compute(context), SUCCESS);
    f.output(context, 0).unwrap_err()
}

rows! {
    init_execution_context: invalid_argument "no such graph" => |f| f.init(STALE).unwrap_err();
    init_execution_context: invalid_argument "the greatest handle" => |f| f.init(u32::MAX).unwrap_err();
    init_execution_context: invalid_argument "a context's handle" => |f| f.init(READY).unwrap_err();
    init_execution_context: invalid_argument "the handle would be outside"
        => |f| f.call("init_execution_context", &[GRAPH, SIZE - 3]);
    init_execution_context: busy "as many contexts as there may be" => |f| {
        let mut full = Fixture::limited(|limits| limits.max_contexts = 2);
        full.view = f.view;
        full.make_ready();
        full.init(GRAPH).unwrap_err()
    };
    init_execution_context: runtime_error "the backend fails" => |f| init(f, "on execution fail");
    init_execution_context: runtime_error "the backend panics" => |f| init(f, "on execution panic");
    init_execution_context: too_large "an input" => |f| init(f, "in x f32 [26]");
    init_execution_context: too_large "an output" => |f| init(f, "out x i64 [13] = zeros 104");
    init_execution_context: too_large "a type that guests cannot name" => |f| init(f, "in x bf16 [13]");
    init_execution_context: too_large "a shape of 2^64 bytes"
        => |f| init(f, "in x u8 [65536, 65536, 65536, 65536]");
    init_execution_context: too_large "all together"
        => |f| init(f, "in x u8 [76]\nin z u8 [?]\nout y u8 [75] = zeros 75");
    set_input: invalid_argument "no such context" => |f| f.set_floats(STALE, 0, &X);
    set_input: invalid_argument "no such input" => |f| f.set_floats(FRESH, 2, &X);
    set_input: invalid_argument "the greatest input" => |f| f.set_floats(FRESH, u32::MAX, &X);
    set_input: invalid_argument "another type of the same width" => |f| f.set(FRESH, 0, (I32, &[2]), &[0; 8]);
    set_input: invalid_argument "another type" => |f| f.set(FRESH, 0, (F16, &[2]), &[0; 4]);
    set_input: invalid_argument "no such type" => |f| record(f, [DIMENSIONS, 1, 6, DATA, 8]);
    set_input: invalid_argument "another rank" => |f| f.set(FRESH, 0, (F32, &[1, 2]), &[0; 8]);
    set_input: invalid_argument "another dimension" => |f| {
        let context = f.context("in x f32 [3]");
        f.set_floats(context, 0, &X)
    };
    set_input: invalid_argument "a byte too few" => |f| f.set(FRESH, 0, (F32, &[2]), &[0; 7]);
    set_input: invalid_argument "a byte too many" => |f| f.set(FRESH, 0, (F32, &[2]), &[0; 9]);
    set_input: invalid_argument "a type that guests cannot name" => |f| {
        let context = f.context("in x bf16 [2]");
        f.set(context, 0, (F16, &[2]), &[0; 4])
    };
    set_input: invalid_argument "seventeen dimensions" => |f| f.set(FRESH, 0, (F32, &[1; 17]), &[0; 4]);
    set_input: invalid_argument "a dimension beyond 31 bits" => |f| f.set(FRESH, 0, (F32, &[1 << 31]), &[]);
    set_input: invalid_argument "a product that wraps to eight bytes"
        => |f| f.set(FRESH, 0, (F32, &[2, 1 << 16, (1 << 16) + 1]), &[0; 8]);
    set_input: invalid_argument "the record ends outside" => |f| f.call("set_input", &[FRESH, 0, SIZE - 19]);
    set_input: invalid_argument "the dimensions end outside" => |f| record(f, [SIZE - 3, 1, 1, DATA, 8]);
    set_input: invalid_argument "the dimensions wrap around" => |f| record(f, [0, 1 << 30, 1, DATA, 8]);
    set_input: invalid_argument "the data end outside" => |f| record(f, [DIMENSIONS, 1, 1, SIZE - 7, 8]);
    set_input: invalid_argument "the data wrap around" => |f| record(f, [DIMENSIONS, 1, 1, u32::MAX - 3, 8]);
    set_input: runtime_error "the backend fails" => |f| {
        let context = f.context("in x f32 [?]\non input fail");
        f.set_floats(context, 0, &X)
    };
    set_input: runtime_error "the backend panics" => |f| {
        let context = f.context("in x f32 [?]\non input panic");
        f.set_floats(context, 0, &X)
    };
    set_input: too_large "a tensor beyond the limit" => |f| {
        let mut small = Fixture::limited(|limits| limits.max_tensor_bytes = 7);
        small.view = f.view;
        let context = small.context("in x f32 [?]");
        small.set_floats(context, 0, &X)
    };
    set_input: too_large "tensors beyond the limit" => |f| {
        let mut small = Fixture::limited(|limits| limits.max_live_tensor_bytes = 15);
        small.view = f.view;
        let context = small.context("in x f32 [?]\nin y f32 [?]");
        assert_eq!(small.set_floats(context, 0, &X), SUCCESS);
        small.set_floats(context, 1, &X)
    };
    compute: invalid_argument "no such context" => |f| f.compute(STALE);
    compute: invalid_argument "no inputs" => |f| f.compute(FRESH);
    compute: busy "as many computations as there may be" => |f| {
        let mut process = ProcessLimits::default();
        process.max_computations = 0;
        let (mut f, context) = run(f, process, "out y u8 [1] = zeros 1");
        f.compute(context)
    };
    compute: too_large "outputs of an open shape" => |f| {
        let mut other = Fixture::limited(|limits| limits.max_live_tensor_bytes = 100);
        other.view = f.view;
        let context = other.context("out y u8 [?] = zeros 101");
        other.compute(context)
    };
    compute: runtime_error "the backend fails" => |f| compute(f, "on compute fail");
    compute: runtime_error "the backend panics" => |f| compute(f, "on compute panic");
    get_output: invalid_argument "no such context" => |f| f.output(STALE, 0).unwrap_err();
    get_output: invalid_argument "no such output" => |f| f.output(READY, 2).unwrap_err();
    get_output: invalid_argument "the greatest output" => |f| f.output(READY, u32::MAX).unwrap_err();
    get_output: invalid_argument "nothing was computed" => |f| f.output(FRESH, 0).unwrap_err();
    get_output: invalid_argument "the buffer ends outside"
        => |f| f.call("get_output", &[READY, 0, SIZE - 7, 8, OUT]);
    get_output: invalid_argument "the output would fit, but the buffer ends outside"
        => |f| f.call("get_output", &[READY, 0, BUFFER, SIZE, OUT]);
    get_output: invalid_argument "the buffer wraps around"
        => |f| f.call("get_output", &[READY, 0, 8, u32::MAX, OUT]);
    get_output: invalid_argument "the number would be outside"
        => |f| f.call("get_output", &[READY, 0, BUFFER, 8, SIZE - 3]);
    get_output: runtime_error "the backend fails"
        => |f| output_of(f, "out y u8 [1] = zeros 1\non output fail");
    get_output: runtime_error "the backend panics"
        => |f| output_of(f, "out y u8 [1] = zeros 1\non output panic");
    get_output: unsupported_operation "it is no tensor"
        => |f| output_of(f, "out y sequence [...] = nothing");
    get_output: unsupported_operation "it is one of several, and has a shape"
        => |f| output_of(f, "out y string [2] = nothing\nout z u8 [?] = zeros 3");
    get_output: too_large "the buffer is a byte too small"
        => |f| f.call("get_output", &[READY, 0, BUFFER, 7, OUT]);
    get_output: too_large "no buffer at all" => |f| f.call("get_output", &[READY, 0, 0, 0, OUT]);
    finalize_execution_context: invalid_argument "no such context"
        => |f| f.call("finalize_execution_context", &[STALE]);
    finalize_execution_context: invalid_argument "twice" => |f| {
        assert_eq!(f.call("finalize_execution_context", &[READY]).name(), "success");
        f.call("finalize_execution_context", &[READY])
    };
    compute_single: unsupported_operation "always" => |f| f.call("compute_single", &[READY]);
    get_output_single: unsupported_operation "always"
        => |f| f.call("get_output_single", &[READY, 0, BUFFER, 8, OUT]);
    fini_single: unsupported_operation "always" => |f| f.call("fini_single", &[READY]);
}

//! Calls of `wasi_ephemeral_nn`, and the checks of what must hold after each.

use super::functions::Functions;
use super::{Call, each, memory};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::nn::{GraphEncoding, GuestModels, Limits, NamedGraph, Nn, NnCtx, Registry, Source};
use wasi_facade::policy::{Flags, Gate, Proposal, ValType};

const MODULE: &str = "wasi_ephemeral_nn";

/// How long a call may load and compute.
const LOADING: Duration = Duration::from_millis(200);
const COMPUTING: Duration = Duration::from_millis(50);

/// How much later than that a call may return, on a busy machine and without optimisation.
const LATE: Duration = Duration::from_secs(2);

static FUNCTIONS: LazyLock<Functions<NnCtx>> = LazyLock::new(|| {
    let mut functions = Functions::default();
    let permit = Gate::new(Flags::none().allow("nn")).permit::<Nn>().expect("the flag is given");
    Nn::register(permit, &mut functions, |ctx: &mut NnCtx| ctx).expect("nothing is refused");
    functions
});

/// The functions, with the types of their parameters.
pub(super) fn functions() -> impl Iterator<Item = (&'static str, &'static [ValType])> {
    FUNCTIONS.of(MODULE).map(|function| (function.name, function.params))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_graphs = 3;
    limits.max_contexts = 4;
    limits.max_model_bytes = 2 << 10;
    limits.max_tensor_bytes = 4 << 10;
    limits.max_live_tensor_bytes = 1 << 10;
    limits.compile_time = Some(LOADING);
    limits.compute_time = Some(COMPUTING);
    limits
}

/// A registry with a graph whose name is a single letter.
fn registry() -> Result<Registry, String> {
    let mut limits = OnnxLimits::default();
    limits.max_tensor_bytes = 1 << 20;
    limits.max_total_bytes = 4 << 20;
    let model = nn_models::models::small_relu().onnx();
    let graph = NamedGraph::new("r", GraphEncoding::Onnx, Source::Bytes(vec![model]));
    let builder = Registry::builder()
        .backend(Onnx::with_limits(limits))
        .guest_models(GuestModels::InProcess)
        .graph(graph);
    builder.build().map_err(|error| error.to_string())
}

/// Calls the functions, and counts what the guest holds.
pub(super) fn run(calls: &[Call]) -> Result<(), String> {
    let mut ctx = NnCtx::builder(registry()?).limits(limits()).build();
    let mut memory = memory::fresh();
    let (mut graphs, mut contexts) = (0_u32, 0_u32);
    for Call { function, arguments, .. } in each(calls) {
        let Some(function) = FUNCTIONS.find(MODULE, function) else { continue };
        let start = Instant::now();
        let errno = match function.call(&mut ctx, &mut memory, arguments) {
            Ok(Some(errno @ 0..=255)) => errno,
            other => return Err(format!("{} ended with {other:?}", function.name)),
        };
        let (took, most) = (start.elapsed(), LOADING.max(COMPUTING) + LATE);
        if took > most {
            return Err(format!("{} took {took:?}, of {most:?} at most", function.name));
        }
        if errno == 0 {
            match function.name {
                "load" | "load_by_name" | "load_by_name_with_config" => graphs += 1,
                "init_execution_context" => contexts += 1,
                "unload" => graphs = graphs.saturating_sub(1),
                "finalize_execution_context" => contexts = contexts.saturating_sub(1),
                _ => {}
            }
        }
        if graphs > limits().max_graphs || contexts > limits().max_contexts {
            return Err(format!("{graphs} graphs and {contexts} contexts"));
        }
    }
    Ok(())
}

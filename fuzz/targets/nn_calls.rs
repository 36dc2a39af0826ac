//! Calls of `wasi_ephemeral_nn` in any order, on a memory of whatever was found.
#![no_main]

use arbitrary::Arbitrary;
use fuzz::{Functions, MEMORY, contain_panics};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::Duration;
use wasi_nn::backend::onnx::Onnx;
use wasi_nn::{GraphEncoding, Limits, NamedGraph, Nn, NnCtx, Registry, Source};
use wasi_policy::{Flags, Gate, Proposal};

#[derive(Arbitrary, Debug)]
struct Guest {
    /// What its memory begins with.
    memory: Vec<u8>,
    calls: Vec<(u8, [u64; 9])>,
}

static FUNCTIONS: LazyLock<Functions<NnCtx>> = LazyLock::new(|| {
    let mut functions = Functions::default();
    let permit = Gate::new(Flags::none().allow("nn")).permit::<Nn>().expect("the flag is given");
    Nn::register(permit, &mut functions, |ctx: &mut NnCtx| ctx).expect("nothing is refused");
    functions
});

/// One for all guests, with a graph whose name is a single letter.
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let model = nn_models::models::small_relu().onnx();
    let graph = NamedGraph::new("r", GraphEncoding::Onnx, Source::Bytes(vec![model]));
    Registry::builder().backend(Onnx::new()).graph(graph).build().expect("the graph is named once")
});

fuzz_target!(init: contain_panics(), |guest: Guest| {
    let mut limits = Limits::default();
    limits.max_tensor_bytes = 1 << 16;
    limits.compile_time = Some(Duration::from_millis(200));
    limits.compute_time = Some(Duration::from_millis(50));
    let mut ctx = NnCtx::builder(REGISTRY.clone()).limits(limits).build();
    let mut memory = vec![0; MEMORY];
    // A name that the registry knows, and a tensor that its graph takes.
    memory[0x100] = b'r';
    for (at, word) in (0x110..).step_by(4).zip([0x130_u32, 2, 1, 0x140, 64, 0, 0, 0, 1, 16]) {
        memory[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    let len = guest.memory.len().min(MEMORY - 0x1000);
    memory[0x1000..0x1000 + len].copy_from_slice(&guest.memory[..len]);
    for (function, numbers) in guest.calls.iter().take(50) {
        let function = &FUNCTIONS.0[usize::from(*function) % FUNCTIONS.0.len()];
        let errno = function.call(&mut ctx, &mut memory, numbers);
        assert!(matches!(errno, Ok(Some(0..=255))), "{} ended with {errno:?}", function.name);
    }
});

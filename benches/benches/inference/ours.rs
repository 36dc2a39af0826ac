//! Our side: guests of `wasi-nn`, with one registry for all.

use crate::cases::Case;
use crate::crew::Worker;
use crate::guest::{self, ENGINE, Guest, MODEL};
use crate::onnxruntime::threads;
use nn_models::packages::{onnxruntime_libs, openvino_libs};
use std::num::NonZeroU32;
use wasi_engine_wasmtime::{MemorySlot, bind, one_instance};
use wasi_nn::{GraphEncoding, NamedGraph, Nn, NnCtx, Registry, RegistryBuilder, Source};
use wasi_nn_onnx::Onnx;
use wasi_nn_onnxruntime::OnnxRuntime;
use wasi_nn_openvino::{OpenVino, OpenVinoBuilder};
use wasi_policy::{Flags, Gate, Proposal};
use wasmtime::{Linker, Store};

/// Guests whose model OpenVINO runs.
pub(crate) fn on_openvino(case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    with_openvino(&mut builder(), case, guests)
}

/// The same, as accurately as OpenVINO likes.
#[cfg(feature = "peer")]
pub(crate) fn on_openvino_as_the_peer(case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    with_openvino(builder().property("EXECUTION_MODE_HINT", "PERFORMANCE"), case, guests)
}

fn builder() -> OpenVinoBuilder {
    let libs = openvino_libs().unwrap_or_else(|absent| panic!("{absent}"));
    let mut builder = OpenVino::builder();
    builder.library(libs);
    builder
}

fn with_openvino(builder: &mut OpenVinoBuilder, case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    let backend = builder.build().expect("no property has a NUL");
    start(Registry::builder().backend(backend), None, case, guests)
}

/// Guests whose model ONNX Runtime runs, on one session; several at a time have one thread each, as without guests.
pub(crate) fn on_onnx_runtime(case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    let libs = onnxruntime_libs().unwrap_or_else(|absent| panic!("{absent}"));
    let mut builder = OnnxRuntime::builder();
    builder.library(libs);
    if let Some(threads) = threads(guests).and_then(|count| NonZeroU32::new(count as u32)) {
        builder.threads(threads);
    }
    start(Registry::builder().backend(builder.build().expect("nothing is wrong")), None, case, guests)
}

/// Guests whose model the embedded engine runs.
pub(crate) fn on_onnx(case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    start(Registry::builder().backend(Onnx::new()), None, case, guests)
}

struct State {
    nn: NnCtx,
    slot: MemorySlot,
}

/// Guests of a registry, whose model runs on the backend of this name, or on the first that takes it.
pub(crate) fn start(
    registry: RegistryBuilder,
    backend: Option<&str>,
    case: &Case,
    guests: usize,
) -> Vec<Box<dyn Worker>> {
    let model = NamedGraph::new(MODEL, GraphEncoding::Onnx, Source::Bytes(vec![case.onnx()]));
    let model = backend.into_iter().fold(model, NamedGraph::backend);
    of_registry(&registry.graph(model).build().expect("the backend reads ONNX"), case, guests)
}

/// Guests whose model is the one that the registry has by its name.
pub(crate) fn of_registry(registry: &Registry, case: &Case, guests: usize) -> Vec<Box<dyn Worker>> {
    let mut linker = Linker::new(&ENGINE);
    let permit = Gate::new(Flags::none().allow("nn")).permit::<Nn>().expect("the flag is given");
    let mut adapter = one_instance(&mut linker, |state: &mut State| &mut state.slot);
    Nn::register(permit, &mut adapter, |state| &mut state.nn).expect("the linker was empty");
    let module = guest::module(case);
    let guest = |_| {
        let state = State { nn: NnCtx::builder(registry.clone()).build(), slot: MemorySlot::new() };
        let mut store = Store::new(&ENGINE, state);
        let instance = linker.instantiate(&mut store, &module).expect("we have all imports");
        bind(&mut store, &instance, |state| &mut state.slot).expect("the guest has a memory");
        Box::new(Guest::new(store, &instance, case)) as Box<dyn Worker>
    };
    (0..guests).map(guest).collect()
}

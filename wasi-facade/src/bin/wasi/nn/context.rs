//! The context for inference, as the command line has it.

use super::flags::{Inference, Library, Mapping};
use super::graphs::{ONNX_RUNTIME, OPENVINO};
use super::limits::NnLimits;
use super::{remote, worker};
use crate::failure::Failure;
use crate::{granted, limits};
use std::path::Path;
use wasi_facade::NnCtx;
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::backend::onnxruntime::{OnnxRuntime, OnnxRuntimeBuilder};
use wasi_facade::backend::openvino::{OpenVino, OpenVinoBuilder};
use wasi_facade::nn::{Control, GraphEncoding, Registry, RegistryBuilder};

/// What the guest may infer with. Nothing native is opened before it loads a graph that needs it, and nothing that a
/// guest could change through one of the `granted` directories is opened at all.
pub(crate) fn context(flags: &Inference, granted: &[&Path]) -> Result<NnCtx, Failure> {
    protect(flags, granted)?;
    let all_limits: NnLimits = limits::limits(&flags.nn_limits).map_err(Failure::usage)?;
    let brought = flags.guest_models.clone().unwrap_or_default();
    let workers = worker::backends(&brought, (&flags.graphs, &flags.backends), &all_limits, &flags.library)?;
    let NnLimits { guest: mut limits, process, onnx, .. } = all_limits;
    let mut registry = registry(&flags.library, &flags.devices, flags.cache.as_deref(), onnx)?
        .limits(process)
        .timed(flags.graph_stats.is_some());
    registry = workers.into_iter().fold(registry, RegistryBuilder::backend).guest_models(brought.place);
    let servers = remote::backends(&flags.graphs, &flags.servers)?;
    registry = servers.into_iter().fold(registry, RegistryBuilder::backend);
    for graph in &flags.graphs {
        registry = registry.graph(graph.named(&flags.backends));
    }
    let is_brought = |encoding| brought.encodings.iter().any(|(brought, _)| *brought == encoding);
    let refused = GraphEncoding::ALL.into_iter().filter(|encoding| !is_brought(*encoding));
    registry = refused.fold(registry, RegistryBuilder::refuse);
    limits.compile_time = flags.compile_time.or(limits.compile_time);
    limits.compute_time = flags.compute_time.or(limits.compute_time);
    let registry = registry.build().map_err(Failure::new)?;
    // What the flags do not name, as a library that is found.
    for file in registry.relies_on() {
        granted::protect(granted, &file, "what graphs are loaded with,", ELSEWHERE)?;
    }
    if flags.eager {
        load_all(&registry, flags.graphs.len())?;
    }
    Ok(NnCtx::builder(registry).limits(limits).build())
}

/// Loads all graphs. The log says why one of them cannot be loaded.
fn load_all(registry: &Registry, count: usize) -> Result<(), Failure> {
    registry.load_all(&Control::unbounded()).map_err(|failed| {
        let failed = failed.len();
        Failure::new(format_args!(
            "{failed} of {count} graphs cannot be loaded; leave `--nn-eager` away to load each when the guest asks for it"
        ))
    })
}

/// The context of a guest that may not infer: it has nothing.
pub(crate) fn none() -> Result<NnCtx, Failure> {
    Ok(NnCtx::builder(Registry::builder().build().map_err(Failure::new)?).build())
}

const ELSEWHERE: &str = "keep it elsewhere";

/// Refuses what the flags name and the guest could change, in their words.
fn protect(flags: &Inference, granted: &[&Path]) -> Result<(), Failure> {
    for file in flags.graphs.iter().flat_map(|graph| &graph.files) {
        granted::protect(granted, file, "the model", ELSEWHERE)?;
    }
    if let Some(cache) = &flags.cache {
        granted::protect(granted, cache, "the cache of models", "choose another with `--nn-cache`")?;
    }
    let of_servers = flags.servers.tokens.iter().map(|token| &token.file).chain(&flags.servers.roots);
    for file in of_servers {
        granted::protect(granted, file, "what servers are spoken to with,", ELSEWHERE)?;
    }
    for library in [&flags.library.openvino, &flags.library.onnxruntime].into_iter().flatten() {
        granted::protect(granted, library, "the library", ELSEWHERE)?;
    }
    Ok(())
}

/// OpenVINO where the user says, and otherwise where their environment and the system have it, with its `devices` for
/// what graphs ask for.
pub(super) fn openvino(library: &Library, devices: &[Mapping]) -> OpenVinoBuilder {
    let mut openvino = OpenVino::builder();
    openvino.search_environment(true);
    for Mapping { target, device, .. } in devices.iter().filter(|mapping| mapping.backend == OPENVINO) {
        openvino.device(*target, device);
    }
    if let Some(path) = &library.openvino {
        openvino.library(path);
    }
    openvino
}

/// ONNX Runtime, likewise.
pub(super) fn onnx_runtime(library: &Library, devices: &[Mapping]) -> OnnxRuntimeBuilder {
    let mut onnx_runtime = OnnxRuntime::builder();
    onnx_runtime.search_environment(true);
    for Mapping { target, device, .. } in devices.iter().filter(|mapping| mapping.backend == ONNX_RUNTIME) {
        onnx_runtime.device(*target, device);
    }
    if let Some(path) = &library.onnxruntime {
        onnx_runtime.library(path);
    }
    onnx_runtime
}

/// A registry with all backends. The embedded one comes first, so that ONNX needs nothing installed.
pub(super) fn registry(
    library: &Library,
    devices: &[Mapping],
    cache: Option<&Path>,
    onnx: OnnxLimits,
) -> Result<RegistryBuilder, Failure> {
    let mut openvino = openvino(library, devices);
    if let Some(folder) = cache {
        openvino.cache_dir(folder);
    }
    let openvino = openvino.build().map_err(Failure::new)?;
    let onnx_runtime = onnx_runtime(library, devices).build().map_err(Failure::new)?;
    Ok(Registry::builder().backend(Onnx::with_limits(onnx)).backend(openvino).backend(onnx_runtime))
}

//! The context for inference, as the command line has it.

use crate::failure::Failure;
use crate::nn_flags::{Graph, Inference, Library};
use wasi_facade::NnCtx;
use wasi_facade::nn::backend::onnx::Onnx;
use wasi_facade::nn::backend::openvino::{OpenVino, OpenVinoBuilder};
use wasi_facade::nn::{Device, NamedGraph, Registry, RegistryBuilder, Source};

/// What the guest may infer with. Nothing native is opened before it loads a graph that needs it.
pub(crate) fn context(flags: &Inference) -> Result<NnCtx, Failure> {
    let mut openvino = openvino(&flags.library);
    for (target, device) in &flags.devices {
        openvino.device(*target, device);
    }
    if let Some(folder) = &flags.cache {
        openvino.cache_dir(folder);
    }
    let mut registry = registry(&openvino)?;
    registry.eager(flags.eager);
    for graph in &flags.graphs {
        registry.graph(named(graph, flags.backend.as_deref()));
    }
    Ok(NnCtx::builder(registry.build().map_err(Failure::new)?).build())
}

/// OpenVINO where the user says, and otherwise where their environment and the system have it.
pub(crate) fn openvino(library: &Library) -> OpenVinoBuilder {
    let mut openvino = OpenVino::builder();
    openvino.search_environment(true);
    if let Some(path) = &library.openvino {
        openvino.library(path);
    }
    openvino
}

/// A registry with both backends. The embedded one comes first, so that ONNX needs nothing installed.
pub(crate) fn registry(openvino: &OpenVinoBuilder) -> Result<RegistryBuilder, Failure> {
    let mut registry = Registry::builder();
    registry.backend(Onnx::new()).backend(openvino.build().map_err(Failure::new)?);
    Ok(registry)
}

fn named(graph: &Graph, backend: Option<&str>) -> NamedGraph {
    let source = Source::Files(graph.files.clone());
    let mut named = NamedGraph::new(&graph.name, graph.encoding, source);
    if let Some(name) = &graph.device {
        named = named.device(Device::Named(name.clone()));
    }
    match backend.or_else(|| backend_with(graph.device.as_deref())) {
        Some(backend) => named.backend(backend),
        None => named,
    }
}

/// The backend that has a device. The embedded one has the processor and nothing else.
pub(crate) fn backend_with(device: Option<&str>) -> Option<&'static str> {
    device.filter(|device| !device.eq_ignore_ascii_case("CPU")).map(|_| "openvino")
}

//! The workers of models: this command, started again, and what it is told.

use super::context;
use super::flags::{BroughtModels, Library, Mapping};
use super::graphs::{Graph, OPENVINO};
use super::limits::NnLimits;
use crate::failure::Failure;
use crate::worker::ITSELF;
use std::path::{Path, PathBuf};
use wasi_facade::backend::isolate::{Isolated, IsolatedBuilder, service};
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::isolate::wire::{Reader, Writer};
use wasi_facade::isolate::{Service, Worker};
use wasi_facade::nn::backend::Backend;
use wasi_facade::nn::{ExecutionTarget, GraphEncoding, GuestModels};

const ONNX: &str = "onnx";

/// The devices of OpenVINO in a worker; those without a name are missing.
const PROCESSOR_ALONE: [(ExecutionTarget, &str); 3] =
    [(ExecutionTarget::Gpu, ""), (ExecutionTarget::Tpu, ""), (ExecutionTarget::Auto, "CPU")];

/// Bytes of a path. Linux takes 4,096.
const MAX_PATH: usize = 4096;

/// What a worker serves, by name.
pub(crate) fn offer(name: &str) -> Option<Box<dyn Service>> {
    match name {
        ONNX => Some(service(|config| {
            let limits = onnx_limits(config).ok_or("the limits cannot be read")?;
            Ok(Box::new(Onnx::with_limits(limits)))
        })),
        OPENVINO => Some(service(|config| {
            let path = Reader::new(config).text(MAX_PATH).ok_or("the library's place cannot be read")?;
            let openvino = (!path.is_empty()).then(|| PathBuf::from(path));
            let library = Library { openvino, ..Library::default() };
            // It can open no device beside the processor. Which models guests may bring, the host has decided.
            let devices = PROCESSOR_ALONE.map(|(target, name)| Mapping {
                backend: OPENVINO,
                target,
                device: name.to_owned(),
            });
            let mut openvino = context::openvino(&library, &devices);
            // One that does not end is killed.
            openvino.guest_onnx(true).open_loops(true);
            let openvino = openvino.build().map_err(|error| error.to_string())?;
            Ok(Box::new(openvino) as Box<dyn Backend>)
        })),
        _ => None,
    }
}

/// The name of a backend's counterpart in workers.
pub(super) fn name(backend: &str) -> String {
    format!("{backend}-isolated")
}

/// The backends that run models in workers, as far as there is something for them. No worker is started before somebody
/// loads a model.
///
/// * `brought`: the models of guests
/// * `graphs`: those of the host's, of which some may run so
/// * `backends`: those of graphs that name none
pub(super) fn backends(
    brought: &BroughtModels,
    (graphs, backends): (&[Graph], &[String]),
    limits: &NnLimits,
    library: &Library,
) -> Result<Vec<Isolated>, Failure> {
    let isolated = |service: &str, readable: &[GraphEncoding]| -> Result<_, Failure> {
        let runs = |brought: &(GraphEncoding, &str)| brought.1 == service;
        let of_guests = brought.encodings.iter().copied().filter(runs).map(|(encoding, _)| encoding);
        let of_guests: Vec<_> = of_guests.filter(|_| brought.place == GuestModels::Isolated).collect();
        let has_graph = graphs.iter().any(|graph| graph.is_isolated_on(service, backends));
        if of_guests.is_empty() && !has_graph {
            return Ok(None);
        }
        let found = if service == OPENVINO { find(library)? } else { None };
        let is_there = service == ONNX || found.is_some();
        let config = if service == ONNX { onnx_config(&limits.onnx) } else { library_config(found) };
        let builder = Isolated::builder(service, Worker::command(ITSELF)).name(name(service)).config(config);
        let builder = builder.limits(limits.workers.clone());
        let builder = of_guests.into_iter().fold(builder, IsolatedBuilder::encoding);
        let readable = readable.iter().copied().filter(|_| has_graph);
        let isolated =
            readable.fold(builder, IsolatedBuilder::host_encoding).build().map_err(Failure::new)?;
        if limits.workers.ready > 0 && is_there {
            isolated.warm();
        }
        Ok(Some(isolated))
    };
    let onnx = isolated(ONNX, &[GraphEncoding::Onnx])?;
    let openvino = isolated(OPENVINO, &[GraphEncoding::OpenVino, GraphEncoding::Onnx])?;
    Ok(onnx.into_iter().chain(openvino).collect())
}

/// Where OpenVINO is, which a worker could not find: it has no environment.
fn find(library: &Library) -> Result<Option<PathBuf>, Failure> {
    let openvino = context::openvino(library, &[]).build().map_err(Failure::new)?;
    Ok(openvino.relies_on().into_iter().next())
}

fn library_config(found: Option<PathBuf>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.text(found.as_deref().and_then(Path::to_str).unwrap_or_default(), MAX_PATH);
    writer.finish()
}

fn onnx_config(limits: &OnnxLimits) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u64(limits.max_tensor_bytes).u64(limits.max_total_bytes).u64(limits.max_process_bytes);
    writer.u64(limits.max_nodes).u32(limits.max_depth).u64(limits.max_work);
    writer.u64(u64::try_from(limits.max_shapes).unwrap_or(u64::MAX));
    writer.finish()
}

fn onnx_limits(config: &[u8]) -> Option<OnnxLimits> {
    let mut reader = Reader::new(config);
    let mut limits = OnnxLimits::default();
    limits.max_tensor_bytes = reader.u64()?;
    limits.max_total_bytes = reader.u64()?;
    limits.max_process_bytes = reader.u64()?;
    limits.max_nodes = reader.u64()?;
    limits.max_depth = reader.u32()?;
    limits.max_work = reader.u64()?;
    limits.max_shapes = usize::try_from(reader.u64()?).ok()?;
    reader.end().map(|()| limits)
}

#[cfg(test)]
mod tests {
    use super::{onnx_config, onnx_limits};
    use wasi_facade::backend::onnx::OnnxLimits;

    #[test]
    fn a_worker_has_the_limits_that_the_host_has() {
        let limits = OnnxLimits::default().max_nodes(7).max_depth(3).max_shapes(9).max_work(1 << 40);
        assert_eq!(onnx_limits(&onnx_config(&limits)), Some(limits));
        assert_eq!(onnx_limits(b""), None);
    }
}

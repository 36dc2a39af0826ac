//! The workers of models: this command, started again, and what it is told.

use super::context;
use super::flags::{BroughtModels, Library, Mapping};
use super::graphs::{Graph, ONNX_RUNTIME, OPENVINO};
use super::limits::NnLimits;
use crate::failure::Failure;
use crate::worker::ITSELF;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::thread;
use wasi_facade::backend::isolate::{Isolated, IsolatedBuilder, service};
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::backend::onnxruntime::NO_TELEMETRY;
use wasi_facade::isolate::wire::{Reader, Writer};
use wasi_facade::isolate::{Service, Worker};
use wasi_facade::nn::backend::Backend;
use wasi_facade::nn::{ExecutionTarget, GraphEncoding, GuestModels};

const ONNX: &str = "onnx";

/// The devices of a native library in a worker, which can open none beside the processor; those without a name are missing.
const PROCESSOR_ALONE: [(ExecutionTarget, &str); 3] =
    [(ExecutionTarget::Gpu, ""), (ExecutionTarget::Tpu, ""), (ExecutionTarget::Auto, "CPU")];

/// Threads of one computation on ONNX Runtime in a worker, unless the host names another number for its graph: each takes
/// memory for a stack, of which a worker has a limited amount.
const MAX_THREADS: u32 = 16;

/// Bytes of a path. Linux takes 4,096.
const MAX_PATH: usize = 4096;

/// What a worker serves, by name.
pub(crate) fn offer(name: &str) -> Option<Box<dyn Service>> {
    match name {
        ONNX => Some(service(|config| {
            let limits = onnx_limits(config).ok_or("the limits cannot be read")?;
            Ok(Box::new(Onnx::with_limits(limits)))
        })),
        // Which models guests may bring to either library, the host has decided.
        OPENVINO => Some(service(|config| {
            let library = Library { openvino: library_path(config)?, ..Library::default() };
            let mut openvino = context::openvino(&library, &processor_alone(OPENVINO));
            // One that does not end is killed.
            openvino.guest_onnx(true).open_loops(true);
            let openvino = openvino.build().map_err(|error| error.to_string())?;
            Ok(Box::new(openvino) as Box<dyn Backend>)
        })),
        ONNX_RUNTIME => Some(service(|config| {
            let library = Library { onnxruntime: library_path(config)?, ..Library::default() };
            let mut onnx_runtime = context::onnx_runtime(&library, &processor_alone(ONNX_RUNTIME));
            let processors =
                thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok());
            onnx_runtime.guest_onnx(true).threads(threads(processors));
            let onnx_runtime = onnx_runtime.build().map_err(|error| error.to_string())?;
            Ok(Box::new(onnx_runtime) as Box<dyn Backend>)
        })),
        _ => None,
    }
}

fn processor_alone(backend: &'static str) -> [Mapping; 3] {
    PROCESSOR_ALONE.map(|(target, name)| Mapping { backend, target, device: name.to_owned() })
}

/// As many as there are processors, and no more than a worker shall have.
fn threads(processors: Option<u32>) -> NonZeroU32 {
    processors.map(|count| count.min(MAX_THREADS)).and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
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
        let native: Option<&dyn Backend> = match service {
            OPENVINO => Some(&context::openvino(library, &[]).build().map_err(Failure::new)?),
            ONNX_RUNTIME => Some(&context::onnx_runtime(library, &[]).build().map_err(Failure::new)?),
            _ => None,
        };
        // Where its library is, which a worker could not find: it has no environment.
        let found = native.and_then(|native| native.relies_on().into_iter().next());
        let is_there = native.is_none() || found.is_some();
        let config = native.map_or_else(|| onnx_config(&limits.onnx), |_| library_config(found));
        let (variable, value) = NO_TELEMETRY;
        let worker = match service {
            ONNX_RUNTIME => Worker::command(ITSELF).env(variable, value),
            _ => Worker::command(ITSELF),
        };
        let builder = Isolated::builder(service, worker).name(name(service)).config(config);
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
    let onnx_runtime = isolated(ONNX_RUNTIME, &[GraphEncoding::Onnx])?;
    Ok(onnx.into_iter().chain(openvino).chain(onnx_runtime).collect())
}

fn library_config(found: Option<PathBuf>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.text(found.as_deref().and_then(Path::to_str).unwrap_or_default(), MAX_PATH);
    writer.finish()
}

/// Where a library is; nothing if it is absent.
fn library_path(config: &[u8]) -> Result<Option<PathBuf>, String> {
    let path = Reader::new(config).text(MAX_PATH).ok_or("the library's place cannot be read")?;
    Ok((!path.is_empty()).then(|| PathBuf::from(path)))
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
    use super::{onnx_config, onnx_limits, threads};
    use wasi_facade::backend::onnx::OnnxLimits;

    #[test]
    fn a_worker_has_the_limits_that_the_host_has() {
        let limits = OnnxLimits::default().max_nodes(7).max_depth(3).max_shapes(9).max_work(1 << 40);
        assert_eq!(onnx_limits(&onnx_config(&limits)), Some(limits));
        assert_eq!(onnx_limits(b""), None);
    }

    #[test]
    fn the_threads_of_a_worker_are_bounded() {
        let all = [None, Some(0), Some(2), Some(200)].map(|processors| threads(processors).get());
        assert_eq!(all, [1, 1, 2, 16]);
    }
}

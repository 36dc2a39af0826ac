//! The workers of guests' models: this command, started again, and what it is told.

use super::context;
use super::flags::Library;
use super::graphs::OPENVINO;
use crate::failure::Failure;
use crate::worker::ITSELF;
use std::path::PathBuf;
use wasi_facade::backend::isolate::{Isolated, service};
use wasi_facade::backend::onnx::{Onnx, OnnxLimits};
use wasi_facade::isolate::wire::{Reader, Writer};
use wasi_facade::isolate::{Limits, Service, Worker};
use wasi_facade::nn::GraphEncoding;
use wasi_facade::nn::backend::Backend;

const ONNX: &str = "onnx";

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
            let openvino = context::openvino(&library, &[]).build().map_err(|error| error.to_string())?;
            Ok(Box::new(openvino) as Box<dyn Backend>)
        })),
        _ => None,
    }
}

/// The backends that run guests' models in workers, of which none is started before a guest brings a model.
pub(super) fn backends(
    encodings: &[GraphEncoding],
    onnx: &OnnxLimits,
    library: &Library,
) -> Result<Vec<Isolated>, Failure> {
    let backend = |encoding: &GraphEncoding| {
        let (name, config) = match encoding {
            GraphEncoding::OpenVino => (OPENVINO, library_config(library)?),
            _ => (ONNX, onnx_config(onnx)),
        };
        // A command has one guest, and most have one model.
        let limits = Limits::default().ready(0);
        let builder = Isolated::builder(name, Worker::command(ITSELF)).config(config).limits(limits);
        builder.encoding(*encoding).build().map_err(Failure::new)
    };
    encodings.iter().map(backend).collect()
}

/// Where OpenVINO is, which a worker could not find: it has no environment.
fn library_config(library: &Library) -> Result<Vec<u8>, Failure> {
    let found = context::openvino(library, &[]).build().map_err(Failure::new)?.relies_on();
    let mut writer = Writer::new();
    writer.text(found.first().and_then(|path| path.to_str()).unwrap_or_default(), MAX_PATH);
    Ok(writer.finish())
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

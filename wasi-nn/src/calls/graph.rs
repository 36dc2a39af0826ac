//! Graphs: `load`, `load_by_name`, `load_by_name_with_config`, `unload`.

use crate::abi::{self, GraphBuilder};
use crate::budget::{Budget, Charge};
use crate::contain::Contained;
use crate::ctx::{LoadedGraph, ModelCharge, NnCtx};
use crate::error::ErrorKind;
use crate::failure::Result;
use crate::registry::Spent;
use crate::{Control, Error, Model, Origin, Source};
use std::sync::Arc;
use wasi_policy::Memory;

/// OpenVINO's format has the XML and the weights, and all others are one file.
const MAX_PARTS: u32 = 2;

/// Loads a model from the guest's memory, and writes the graph's handle.
///
/// The bytes are copied once, from a list of pointers and lengths: the XML and the weights for OpenVINO, one part
/// otherwise. Which encodings guests may bring is the registry's policy.
///
/// # Parameters
///
/// * `builders`: address of the parts, each an address and a length in bytes, 8 bytes together
/// * `count`: number of parts
/// * `encoding`: 0 OpenVINO, 1 ONNX, 2 TensorFlow, 3 PyTorch, 4 TensorFlow Lite, 5 whichever it is
/// * `target`: 0 CPU, 1 GPU, 2 TPU, 3 whichever it is
/// * `graph`: address where the graph's handle is written, u32
///
/// # Errors
///
/// * `invalid_argument`: a wrong number of parts, no such target, or a pointer outside the memory
/// * `invalid_encoding`: no such encoding, one that guests may not bring, or content that is something else
/// * `missing_memory`: there is no memory that could be used
/// * `busy`: the limit of graphs or of loads is reached, or the process is loading too much at this time
/// * `runtime_error`: the backend refuses the model, or takes too long
/// * `unsupported_operation`: the backend does not have the device
/// * `too_large`: the model exceeds what the guest may bring
///
/// # See also
///
/// * the witx: [`load`](https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx)
/// * OpenVINO: `ov_core_compile_model`
/// * ONNX Runtime: an `OrtSession` from memory
pub fn load(
    ctx: &mut NnCtx,
    memory: &mut Memory<'_>,
    builders: u32,
    count: u32,
    encoding: u32,
    target: u32,
    graph: u32,
) -> Result {
    memory.check(graph, 4)?;
    let encoding = abi::encoding(encoding)?;
    let target = abi::target(target)?;
    ctx.graphs.room()?;
    let (parts, charge) = read_parts(memory, &ctx.model_bytes, builders, count)?;
    let model = Model { encoding, source: Source::Bytes(parts), origin: Origin::Guest };
    let control = Control::new(ctx.limits.compile_time, &ctx.interrupt);
    let charge = Arc::new(charge);
    let spend = || {
        let place = ctx.loads.charge(1).map_err(|_| {
            let limit = ctx.limits.max_loads;
            Error::new(
                ErrorKind::Busy,
                format!(
                    "{limit} models of the guest's are being loaded, as many as `Limits::max_loads` allows"
                ),
            )
        })?;
        Ok(Some(Spent { _place: place, _bytes: Arc::clone(&charge) }))
    };
    let loaded = ctx.registry.load_for(model, target, &control, spend)?;
    let held = ctx.model_bytes.charge(loaded.held_bytes().saturating_sub(charge.amount()))?;
    let model = ModelCharge { _bytes: charge, _held: held };
    let loaded = LoadedGraph { graph: Contained::new(loaded), model: Some(Arc::new(model)) };
    Ok(memory.write_u32(graph, ctx.graphs.insert(loaded)?)?)
}

/// The parts of a model, charged before they are copied.
fn read_parts(memory: &Memory<'_>, budget: &Budget, list: u32, count: u32) -> Result<(Vec<Vec<u8>>, Charge)> {
    // The registry knows which models have how many.
    if count > MAX_PARTS {
        let message = format!("a model has at most {MAX_PARTS} parts, not {count}");
        return Err(Error::invalid_argument(message).into());
    }
    let builders = (0..count).map(|index| GraphBuilder::read(memory, list, index));
    let builders = builders.collect::<Result<Vec<_>>>()?;
    let charge = budget.charge(builders.iter().map(|part| u64::from(part.len)).sum())?;
    let parts = builders.iter().map(|part| copy(memory, *part)).collect::<Result<_>>()?;
    Ok((parts, charge))
}

fn copy(memory: &Memory<'_>, part: GraphBuilder) -> Result<Vec<u8>> {
    let too_large = |_| Error::new(ErrorKind::TooLarge, "the host has no room for the model");
    let len = usize::try_from(part.len).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(too_large)?;
    match memory.span(part.ptr, part.len) {
        Some(found) => bytes.extend_from_slice(found),
        // Other threads may write to a shared memory meanwhile, so nothing of it can be borrowed.
        None => {
            bytes.resize(len, 0);
            memory.read_slice(part.ptr, &mut bytes)?;
        }
    }
    Ok(bytes)
}

/// Loads a graph that the host has named, and writes its handle. The name is looked up as it is.
///
/// # Parameters
///
/// * `name`, `name_len`: address and bytes of the name, in UTF-8
/// * `graph`: address where the graph's handle is written, u32
///
/// # Errors
///
/// * `invalid_argument`: the name is not UTF-8 or contains a NUL, or a pointer is outside the memory
/// * `missing_memory`: there is no memory that could be used
/// * `busy`: the limit of graphs is reached, or the process is loading too much at this time
/// * `runtime_error`: the backend refuses the model, or takes too long
/// * `unsupported_operation`: the backend does not have the device
/// * `too_large`: the name is longer than the limits allow
/// * `not_found`: no graph has the name
///
/// # See also
///
/// * the witx: [`load_by_name`](https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx)
/// * OpenVINO: `ov_core_compile_model_from_file`
/// * ONNX Runtime: an `OrtSession` from a file
pub fn load_by_name(
    ctx: &mut NnCtx,
    memory: &mut Memory<'_>,
    name: u32,
    name_len: u32,
    graph: u32,
) -> Result {
    memory.check(name, name_len.into())?;
    memory.check(graph, 4)?;
    if name_len > ctx.limits.max_name_len {
        return Err(too_long("name", name_len, ctx.limits.max_name_len).into());
    }
    ctx.graphs.room()?;
    let bytes = memory.bytes(name, name_len)?;
    let name = std::str::from_utf8(&bytes).ok().filter(|name| !name.contains('\0'));
    let name = name.ok_or_else(|| Error::invalid_argument("the name is not UTF-8, or contains a NUL"))?;
    let control = Control::new(ctx.limits.compile_time, &ctx.interrupt);
    let named = ctx.registry.named(name, &control)?;
    let loaded = LoadedGraph { graph: Contained::new(named), model: None };
    Ok(memory.write_u32(graph, ctx.graphs.insert(loaded)?)?)
}

/// [`load_by_name`], for guests that pass a configuration along. It is meant for other hosts' backends, and what
/// is in it would be the guest's word on the host's affairs, so it is not looked at.
///
/// # Parameters
///
/// * `name`, `name_len`: address and bytes of the name, in UTF-8
/// * `config`, `config_len`: address and bytes of the configuration
/// * `graph`: address where the graph's handle is written, u32
///
/// # Errors
///
/// Those of [`load_by_name`], `invalid_argument` and `too_large` for the configuration too.
///
/// # See also
///
/// * the witx: none; `load_by_name_with_config` is [beyond it](super#beyond-the-witx)
/// * OpenVINO: the properties of `ov_core_compile_model`
/// * ONNX Runtime: `OrtSessionOptions`
pub fn load_by_name_with_config(
    ctx: &mut NnCtx,
    memory: &mut Memory<'_>,
    name: u32,
    name_len: u32,
    config: u32,
    config_len: u32,
    graph: u32,
) -> Result {
    memory.check(config, config_len.into())?;
    if config_len > ctx.limits.max_config_len {
        return Err(too_long("config", config_len, ctx.limits.max_config_len).into());
    }
    load_by_name(ctx, memory, name, name_len, graph)
}

#[cold]
fn too_long(what: &str, len: u32, max: u32) -> Error {
    let message = format!("a {what} of {len} bytes; the limit is {max} (`Limits::max_{what}_len`)");
    Error::new(ErrorKind::TooLarge, message)
}

/// Gives a graph back. Its execution contexts go on working.
///
/// # Parameters
///
/// * `graph`: the handle of a graph
///
/// # Errors
///
/// * `invalid_argument`: there is no such graph, or no longer
///
/// # See also
///
/// * the witx: none; `unload` is [beyond it](super#beyond-the-witx)
/// * OpenVINO: `ov_compiled_model_free`
/// * ONNX Runtime: `ReleaseSession`
pub fn unload(ctx: &mut NnCtx, _: &mut Memory<'_>, graph: u32) -> Result {
    ctx.graphs.remove(graph)?;
    Ok(())
}

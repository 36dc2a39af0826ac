//! Tensors: `set_input`, `get_output`.

use crate::abi::TensorRecord;
use crate::backend::{PortType, other_len};
use crate::ctx::NnCtx;
use crate::error::ErrorKind;
use crate::failure::Result;
use crate::{Control, Error};
use wasi_policy::Memory;

/// Sets an input: copies the tensor's data once, into the backend's own buffer. Inputs are counted in the order of
/// the model's declaration, and outputs of an earlier computation stay.
///
/// ```text
/// tensor: dimensions u32, number of dimensions u32, type u8, 3 bytes of padding, data u32, length of data u32
/// ```
///
/// Truth values and signed numbers of 8 bits, which the witx does not name, are set as `u8`; of a truth value, every byte
/// but zero is true.
///
/// If it fails, the input is as it was, unless it was the backend that failed: then it is not set.
///
/// # Parameters
///
/// * `context`: the handle of an execution context
/// * `index`: which input, from 0
/// * `tensor`: address of the record, 20 bytes
///
/// # Errors
///
/// * `invalid_argument`: there is no such context or input; the type, the shape or the length of the data is
///   another than the input takes; the backend cannot hold one of the numbers, as one of 64 bits that OpenVINO computes
///   in 32; or a pointer is outside the memory
/// * `missing_memory`: there is no memory that could be used
/// * `runtime_error`: the backend fails, or takes too long
/// * `too_large`: the tensor exceeds what the guest may have
///
/// # See also
///
/// * the witx: [`set_input`](https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx)
/// * OpenVINO: `ov_infer_request_set_input_tensor_by_index`
/// * ONNX Runtime: the inputs of `Run`
pub fn set_input(ctx: &mut NnCtx, memory: &mut Memory<'_>, context: u32, index: u32, tensor: u32) -> Result {
    let record = TensorRecord::read(memory, tensor)?;
    let context = ctx.contexts.get_mut(context)?;
    let (inputs, charge) = (&mut context.inputs, &mut context.tensors);
    let (limit, budget, legacy_types) = (ctx.limits.max_tensor_bytes, &ctx.tensor_bytes, ctx.legacy_types);
    let control = Control::new(ctx.limits.compute_time, &ctx.interrupt);
    context.running.with(|running| {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let found = running.graph.inputs().get(at).zip(inputs.get_mut(at));
        let (port, input) = found.ok_or_else(|| no_such("input", index))?;
        let tensor = port.fit(record.tensor(port, legacy_types)?)?;
        if tensor.byte_len() > limit {
            let len = tensor.byte_len();
            let message =
                format!("a tensor of {len} bytes; the limit is {limit} (`Limits::max_tensor_bytes`)");
            return Err(too_large(message).into());
        }
        let bytes = u64::from(tensor.byte_len());
        budget.grow(charge, bytes.saturating_sub(input.charged))?;
        input.charged = input.charged.max(bytes);
        input.is_set = false;
        match memory.span(record.data, tensor.byte_len()) {
            // To libraries in Rust and C++, a truth value of another byte is undefined behaviour.
            Some(data) if port.element != PortType::Bool => {
                running.execution.write_input(at, tensor, data, &control)?;
            }
            // A memory that is shared, or copied, or ends before the tensor does.
            _ => {
                let buffer = running.execution.input(at, tensor)?;
                if u64::try_from(buffer.len()) != Ok(bytes) {
                    let len = usize::try_from(bytes).unwrap_or(usize::MAX);
                    return Err(other_len(buffer.len(), len).into());
                }
                memory.read_slice(record.data, buffer)?;
                if port.element == PortType::Bool {
                    buffer.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
                }
                running.execution.check_input(at, &control)?;
            }
        }
        input.is_set = true;
        Ok(())
    })
}

/// Copies an output's data once, from the backend's own buffer, and writes how many bytes that were. The number is
/// written last, so it stands where both overlap.
///
/// A buffer that is too small stays as it is, and the number is that of the bytes needed; a buffer of no bytes is
/// how guests ask for it.
///
/// # Parameters
///
/// * `context`: the handle of an execution context
/// * `index`: which output, from 0
/// * `buffer`: address of the buffer
/// * `max_size`: bytes of the buffer
/// * `bytes_written`: address where the number of bytes is written, u32
///
/// # Errors
///
/// * `invalid_argument`: there is no such context or output; nothing was computed, or the last computation failed;
///   or a pointer is outside the memory
/// * `missing_memory`: there is no memory that could be used
/// * `runtime_error`: the backend fails
/// * `unsupported_operation`: the output is no tensor of numbers, such as a text or a list of maps; the others can be had
/// * `too_large`: the buffer is too small
///
/// # See also
///
/// * the witx: [`get_output`](https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx)
/// * OpenVINO: `ov_infer_request_get_output_tensor_by_index`
/// * ONNX Runtime: the outputs of `Run`
pub fn get_output(
    ctx: &mut NnCtx,
    memory: &mut Memory<'_>,
    context: u32,
    index: u32,
    buffer: u32,
    max_size: u32,
    bytes_written: u32,
) -> Result {
    memory.check(buffer, max_size.into())?;
    memory.check(bytes_written, 4)?;
    let context = ctx.contexts.get_mut(context)?;
    let has_outputs = context.has_outputs;
    context.running.with(|running| {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if running.graph.outputs().get(at).is_none() {
            return Err(no_such("output", index).into());
        }
        if !has_outputs {
            let message = "no outputs: nothing was computed, or the last computation failed";
            return Err(Error::invalid_argument(message).into());
        }
        let execution = &running.execution;
        let len = execution.output_len(at)?;
        match u32::try_from(len) {
            Ok(len) if len <= max_size => {
                match memory.span_mut(buffer, len) {
                    Some(into) => execution.read_output(at, into)?,
                    None => memory.write_slice(buffer, execution.output(at)?)?,
                }
                Ok(memory.write_u32(bytes_written, len)?)
            }
            needed => {
                memory.write_u32(bytes_written, needed.unwrap_or(u32::MAX))?;
                Err(too_large(format!("output {index} has {len} bytes, and the buffer {max_size}")).into())
            }
        }
    })
}

#[cold]
fn no_such(kind: &str, index: u32) -> Error {
    Error::invalid_argument(format!("the graph has no {kind} {index}"))
}

#[cold]
fn too_large(message: String) -> Error {
    Error::new(ErrorKind::TooLarge, message)
}

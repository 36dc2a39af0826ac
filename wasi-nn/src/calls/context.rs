//! Execution contexts: `init_execution_context`, `compute`, `finalize_execution_context`.

use crate::backend::Port;
use crate::budget::Budget;
use crate::contain::Contained;
use crate::ctx::{ExecutionContext, Input, NnCtx, Running};
use crate::error::ErrorKind;
use crate::failure::Result;
use crate::limits::Limits;
use crate::{Control, ElementType, Error, Printable};
use std::sync::Arc;
use wasi_policy::Memory;

/// Makes an execution context of a graph, and writes its handle. No input of it is set.
///
/// # Parameters
///
/// * `graph`: the handle of a graph
/// * `context`: address where the execution context's handle is written, u32
///
/// # Errors
///
/// * `invalid_argument`: there is no such graph, or a pointer is outside the memory
/// * `missing_memory`: there is no memory that could be used
/// * `busy`: the limit of contexts is reached, or the backend's of processes
/// * `runtime_error`: the backend fails, or takes too long
/// * `too_large`: its tensors exceed what the guest may have
///
/// # See also
///
/// * the witx: [`init_execution_context`](https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx)
/// * OpenVINO: `ov_compiled_model_create_infer_request`
/// * ONNX Runtime: none; a session is run without one
#[doc(alias = "init_execution_context")]
pub fn init(ctx: &mut NnCtx, memory: &mut Memory<'_>, graph: u32, context: u32) -> Result {
    memory.check(context, 4)?;
    let loaded = ctx.graphs.get_mut(graph)?;
    ctx.contexts.room()?;
    let model = loaded.model.clone();
    let control = Control::new(ctx.limits.compile_time, &ctx.interrupt);
    let made = loaded.graph.with(|graph| -> Result<_, Error> {
        let inputs = charges(graph.inputs(), &ctx.limits)?;
        let outputs = charges(graph.outputs(), &ctx.limits)?;
        let bytes = inputs.iter().chain(&outputs).fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        let tensors = ctx.tensor_bytes.charge(bytes)?;
        let has_open = graph.outputs().iter().any(is_open);
        let open_outputs = has_open.then(|| ctx.tensor_bytes.charge(0)).transpose()?;
        let execution = Arc::clone(graph).execution(&control)?;
        Ok(ExecutionContext {
            running: Contained::new(Running { execution, graph: Arc::clone(graph) }),
            inputs: inputs.into_iter().map(|charged| Input { is_set: false, charged }).collect(),
            has_outputs: false,
            tensors,
            open_outputs,
            _model: model,
        })
    })?;
    Ok(memory.write_u32(context, ctx.contexts.insert(made)?)?)
}

/// The bytes of each port, as far as its shape is fixed; zero otherwise.
fn charges(ports: &[Port], limits: &Limits) -> Result<Vec<u64>, Error> {
    let charge = |port: &Port| {
        let bytes = fixed_bytes(port).unwrap_or(0);
        if bytes <= u64::from(limits.max_tensor_bytes) {
            return Ok(bytes);
        }
        let (name, max) = (Printable::at_most(&port.name, 64), limits.max_tensor_bytes);
        let message = format!("`{name}` has {bytes} bytes; the limit is {max} (`Limits::max_tensor_bytes`)");
        Err(Error::new(ErrorKind::TooLarge, message))
    };
    ports.iter().map(charge).collect()
}

/// Whether only a computation tells how many bytes an output has: its shape is open, or guests cannot name its type.
fn is_open(output: &Port) -> bool {
    fixed_bytes(output).is_none() || output.element.as_set().is_none()
}

/// The bytes of a port of a fixed shape. Elements of types that guests cannot name count as the widest of those
/// that they can.
fn fixed_bytes(port: &Port) -> Option<u64> {
    let width = port.element.as_set().map_or(8, ElementType::width);
    let width = u64::try_from(width).unwrap_or(u64::MAX);
    port.shape
        .as_ref()?
        .iter()
        .try_fold(width, |bytes, dimension| dimension.map(|dimension| bytes.saturating_mul(dimension.into())))
}

/// Computes all outputs from all inputs, on the guest's thread. What was computed before is gone then, even if it
/// fails; the inputs stay.
///
/// # Parameters
///
/// * `context`: the handle of an execution context
///
/// # Errors
///
/// * `invalid_argument`: there is no such context, or an input is not set
/// * `busy`: the process computes too much at this time
/// * `runtime_error`: the backend fails, or takes too long
/// * `too_large`: outputs of open shapes became more than what the guest may have; no input is set then
///
/// # See also
///
/// * the witx: [`compute`](https://github.com/WebAssembly/wasi-nn/blob/main/wasi-nn.witx)
/// * OpenVINO: `ov_infer_request_infer`
/// * ONNX Runtime: `Run`
pub fn compute(ctx: &mut NnCtx, _: &mut Memory<'_>, context: u32) -> Result {
    let context = ctx.contexts.get_mut(context)?;
    context.has_outputs = false;
    let (inputs, registry) = (&context.inputs, &ctx.registry);
    let control = Control::new(ctx.limits.compute_time, &ctx.interrupt);
    context.running.with(|running| {
        if let Some(index) = inputs.iter().position(|input| !input.is_set) {
            let port = running.graph.inputs().get(index);
            let name = Printable::at_most(port.map(|port| port.name.as_str()).unwrap_or_default(), 64);
            return Err(Error::invalid_argument(format!("input {index}, `{name}`, is not set")));
        }
        control.check()?;
        let _place = registry.computation()?;
        running.execution.compute(&control)
    })?;
    if let Err(error) = charge_outputs(context, &ctx.tensor_bytes) {
        let control = Control::new(ctx.limits.compile_time, &ctx.interrupt);
        forget_outputs(context, &control);
        return Err(error.into());
    }
    context.has_outputs = true;
    Ok(())
}

/// Charges for outputs whose sizes are known only now.
fn charge_outputs(context: &mut ExecutionContext, budget: &Budget) -> Result<(), Error> {
    let Some(charge) = &mut context.open_outputs else { return Ok(()) };
    let bytes = context.running.with(|running| -> Result<_, Error> {
        let outputs = running.graph.outputs().iter().enumerate().filter(|(_, port)| is_open(port));
        Ok(outputs.fold(0_u64, |sum, (index, port)| {
            // One that cannot be had takes no room, and the guest is told why when it asks for that one.
            let len = running.execution.output_len(index).unwrap_or(0);
            let len = u64::try_from(len).unwrap_or(u64::MAX);
            // The rest of it was charged for when the context was made.
            sum.saturating_add(len.saturating_sub(fixed_bytes(port).unwrap_or(0)))
        }))
    })?;
    budget.resize(charge, bytes)
}

/// Lets go of outputs that the guest may not have, with all inputs: only a backend that starts anew does so for certain.
fn forget_outputs(context: &mut ExecutionContext, control: &Control) {
    context.inputs.iter_mut().for_each(|input| input.is_set = false);
    // Should it panic, the next call says so.
    let _: Result<(), Error> = context.running.with(|running| {
        running.start_anew(control);
        Ok(())
    });
    if let Some(charge) = &mut context.open_outputs {
        charge.shrink(0);
    }
}

/// Gives an execution context back.
///
/// # Parameters
///
/// * `context`: the handle of an execution context
///
/// # Errors
///
/// * `invalid_argument`: there is no such context, or no longer
///
/// # See also
///
/// * the witx: none; `finalize_execution_context` is [beyond it](super#beyond-the-witx)
/// * OpenVINO: `ov_infer_request_free`
/// * ONNX Runtime: none
#[doc(alias = "finalize_execution_context")]
pub fn finalize(ctx: &mut NnCtx, _: &mut Memory<'_>, context: u32) -> Result {
    ctx.contexts.remove(context)?;
    Ok(())
}

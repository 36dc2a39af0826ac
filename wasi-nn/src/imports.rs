//! The import table: every function with its name and its type.

use crate::calls::{context, graph, streaming, tensor};
use crate::ctx::NnCtx;
use wasi_policy::{Descriptor, LinkError, Linker, Permit, Proposal, matrix};

/// The proposal: `wasi_ephemeral_nn`.
#[derive(Clone, Copy, Debug)]
pub struct Nn;

impl Proposal for Nn {
    const DESCRIPTOR: Descriptor = matrix::NN;
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Context = NnCtx;

    fn register<T: 'static, L: Linker<T>>(
        _permit: Permit<Self>,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut NnCtx + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        register(linker, context)
    }
}

/// Defines one function for each line: its name, its parameters by name and type, and the call.
macro_rules! functions {
    ($linker:ident, $context:ident; $($name:ident($($arg:ident: $ty:ty),*) = $call:expr;)*) => {$(
        $linker.func(
            "wasi_ephemeral_nn",
            stringify!($name),
            move |state: &mut T, mut memory, ($($arg,)*): ($($ty,)*)| {
                let ctx = $context(state);
                let result = $call(ctx, &mut memory $(, $arg)*);
                ctx.outcome(stringify!($name), result)
            },
        )?;
    )*};
}

#[rustfmt::skip]
fn register<T: 'static, L: Linker<T>>(
    linker: &mut L,
    context: impl Fn(&mut T) -> &mut NnCtx + Copy + Send + Sync + 'static,
) -> Result<(), LinkError> {
    // Those of the witx.
    functions! { linker, context;
        load(builder: u32, builder_len: u32, encoding: u32, target: u32, graph: u32) = graph::load;
        load_by_name(name: u32, name_len: u32, graph: u32) = graph::load_by_name;
        init_execution_context(graph: u32, ctx: u32) = context::init;
        set_input(ctx: u32, index: u32, tensor: u32) = tensor::set_input;
        get_output(ctx: u32, index: u32, buffer: u32, max_size: u32, bytes_written: u32) = tensor::get_output;
        compute(ctx: u32) = context::compute;
    }
    // Those that published guests import beyond it.
    functions! { linker, context;
        load_by_name_with_config(name: u32, name_len: u32, config: u32, config_len: u32, graph: u32)
            = graph::load_by_name_with_config;
        unload(graph: u32) = graph::unload;
        finalize_execution_context(ctx: u32) = context::finalize;
        compute_single(ctx: u32) = streaming::compute_single;
        get_output_single(ctx: u32, index: u32, buffer: u32, max_size: u32, bytes_written: u32)
            = streaming::get_output_single;
        fini_single(ctx: u32) = streaming::fini_single;
    }
    Ok(())
}

//! `args_get` and `args_sizes_get`.

use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Writes the arguments, each with a NUL at its end, and an array of pointers to them.
///
/// ```text
/// argv_buf: cat NUL a.txt NUL          argv: [argv_buf] [argv_buf + 4]
/// ```
pub(crate) fn get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, argv: u32, argv_buf: u32) -> Result {
    ctx.args.get(memory, argv, argv_buf)
}

/// Writes the number of arguments, and the bytes that [`get`] needs for their contents.
pub(crate) fn sizes_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, argc: u32, size: u32) -> Result {
    ctx.args.sizes(memory, argc, size)
}

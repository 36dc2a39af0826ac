//! `environ_get` and `environ_sizes_get`.

use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Writes the variables as `NAME=VALUE`, each with a NUL at its end, and an array of pointers to them.
pub(crate) fn get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, environ: u32, environ_buf: u32) -> Result {
    ctx.environ.get(memory, environ, environ_buf)
}

/// Writes the number of variables, and the bytes that [`get`] needs for their contents.
pub(crate) fn sizes_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, count: u32, size: u32) -> Result {
    ctx.environ.sizes(memory, count, size)
}

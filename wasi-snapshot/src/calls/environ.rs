//! `environ_get` and `environ_sizes_get`.

use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Writes the variables as `NAME=VALUE`, each with a NUL at its end, and an array of pointers to them.
///
/// # Parameters
///
/// * `environ`: address of an array of addresses, 4 bytes for each variable
/// * `environ_buf`: address of the contents
///
/// # See also
///
/// * the witx: [`environ_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#environ_get)
/// * POSIX: [`environ`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/exec.html), which a program is
///   started with
#[doc(alias = "environ_get")]
pub fn get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, environ: u32, environ_buf: u32) -> Result {
    ctx.environ.get(memory, environ, environ_buf)
}

/// Writes the number of variables, and the bytes that [`get`] needs for their contents.
///
/// # Parameters
///
/// * `count`: address where the number of variables is written, u32
/// * `size`: address where the bytes of their contents, each with its NUL, are written, u32
///
/// # See also
///
/// * the witx:
///   [`environ_sizes_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#environ_sizes_get)
/// * POSIX: none; `environ` ends with a null pointer
#[doc(alias = "environ_sizes_get")]
pub fn sizes_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, count: u32, size: u32) -> Result {
    ctx.environ.sizes(memory, count, size)
}

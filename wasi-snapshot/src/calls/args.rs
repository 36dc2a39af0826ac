//! `args_get` and `args_sizes_get`.

use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Writes the arguments, each with a NUL at its end, and an array of pointers to them.
///
/// ```text
/// argv_buf: cat NUL a.txt NUL          argv: [argv_buf] [argv_buf + 4]
/// ```
///
/// # Parameters
///
/// * `argv`: address of an array of addresses, 4 bytes for each argument
/// * `argv_buf`: address of the contents
///
/// # See also
///
/// * the witx: [`args_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#args_get)
/// * POSIX: [`exec`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/exec.html), whose `argv` a program is
///   started with
#[doc(alias = "args_get")]
pub fn get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, argv: u32, argv_buf: u32) -> Result {
    ctx.args.get(memory, argv, argv_buf)
}

/// Writes the number of arguments, and the bytes that [`get`] needs for their contents.
///
/// # Parameters
///
/// * `argc`: address where the number of arguments is written, u32
/// * `size`: address where the bytes of their contents, each with its NUL, are written, u32
///
/// # See also
///
/// * the witx: [`args_sizes_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#args_sizes_get)
/// * POSIX: none; `main` has `argc`
#[doc(alias = "args_sizes_get")]
pub fn sizes_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, argc: u32, size: u32) -> Result {
    ctx.args.sizes(memory, argc, size)
}

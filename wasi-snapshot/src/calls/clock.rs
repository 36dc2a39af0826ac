//! `clock_res_get` and `clock_time_get`.

use crate::abi::Clockid;
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Writes the resolution of a clock, in nanoseconds; never zero.
///
/// # Parameters
///
/// * `id`: the clock: 0 realtime, 1 monotonic, 2 and 3 of processor time
/// * `resolution`: address where the nanoseconds are written, u64
///
/// # Errors
///
/// * `inval`: there is no such clock
/// * `badf`: a clock of processor time, which would tell about the host and not about the guest
/// * `notsup`: the embedder gives no clocks
///
/// # See also
///
/// * the witx: [`clock_res_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#clock_res_get)
/// * POSIX: [`clock_getres`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/clock_getres.html)
#[doc(alias = "clock_res_get")]
pub fn res_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, id: u32, resolution: u32) -> Result {
    let value = match Clockid::try_from(id)? {
        Clockid::Realtime => ctx.clocks.wall_resolution()?,
        Clockid::Monotonic => ctx.clocks.monotonic_resolution()?,
        Clockid::ProcessCputime | Clockid::ThreadCputime => return Err(Errno::Badf.into()),
    };
    Ok(memory.write_u64(resolution, value)?)
}

/// Writes the time of a clock, in nanoseconds: since 1970 for the realtime clock, since the context was
/// made for the monotonic one. The precision that the guest asks for is a hint, and the best is given.
///
/// # Parameters
///
/// * `id`: the clock: 0 realtime, 1 monotonic, 2 and 3 of processor time
/// * `_precision`: nanoseconds that the time may be late; not looked at
/// * `time`: address where the nanoseconds are written, u64
///
/// # Errors
///
/// * `inval`: there is no such clock
/// * `badf`: a clock of processor time, which would tell about the host and not about the guest
/// * `notsup`: the embedder gives no clocks
///
/// # See also
///
/// * the witx: [`clock_time_get`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#clock_time_get)
/// * POSIX: [`clock_gettime`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/clock_getres.html)
#[doc(alias = "clock_time_get")]
pub fn time_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, id: u32, _precision: u64, time: u32) -> Result {
    let now = match Clockid::try_from(id)? {
        Clockid::Realtime => ctx.clocks.wall_now()?,
        Clockid::Monotonic => ctx.clocks.monotonic_now()?,
        Clockid::ProcessCputime | Clockid::ThreadCputime => return Err(Errno::Badf.into()),
    };
    Ok(memory.write_u64(time, now)?)
}

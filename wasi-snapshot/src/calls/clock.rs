//! `clock_res_get` and `clock_time_get`.

use crate::abi::Clockid;
use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Writes the resolution of a clock, in nanoseconds; never zero.
///
/// # Errors
///
/// * `inval`: there is no such clock
/// * `badf`: a clock of processor time, which would tell about the host and not about the guest
/// * `notsup`: the embedder gives no clocks
pub(crate) fn res_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, id: u32, resolution: u32) -> Result {
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
/// # Errors
///
/// * `inval`: there is no such clock
/// * `badf`: a clock of processor time, which would tell about the host and not about the guest
/// * `notsup`: the embedder gives no clocks
pub(crate) fn time_get(ctx: &mut WasiCtx, memory: &mut Memory<'_>, id: u32, _: u64, time: u32) -> Result {
    let now = match Clockid::try_from(id)? {
        Clockid::Realtime => ctx.clocks.wall_now()?,
        Clockid::Monotonic => ctx.clocks.monotonic_now()?,
        Clockid::ProcessCputime | Clockid::ThreadCputime => return Err(Errno::Badf.into()),
    };
    Ok(memory.write_u64(time, now)?)
}

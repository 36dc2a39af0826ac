//! `sched_yield`.

use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Lets other threads of the host run. It is also where a guest that spins can be interrupted.
pub(crate) fn yield_(ctx: &mut WasiCtx, _: &mut Memory<'_>) -> Result {
    ctx.interrupt.check()?;
    match &mut ctx.scheduler {
        None => std::thread::yield_now(),
        Some(scheduler) => scheduler.yield_now(),
    }
    Ok(())
}

//! `sched_yield`.

use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::Memory;

/// Lets other threads of the host run. It is also where a guest that spins can be interrupted.
///
/// # See also
///
/// * the witx: [`sched_yield`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#sched_yield)
/// * POSIX: [`sched_yield`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/sched_yield.html)
#[doc(alias = "sched_yield")]
pub fn yield_(ctx: &mut WasiCtx, _: &mut Memory<'_>) -> Result {
    ctx.interrupt.check()?;
    match &mut ctx.scheduler {
        None => std::thread::yield_now(),
        Some(scheduler) => scheduler.yield_now(),
    }
    Ok(())
}

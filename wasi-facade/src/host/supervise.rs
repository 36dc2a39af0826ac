//! The thread that a guest runs on, with enough stack, and the interrupt when the guest's time is up.

use super::{Engine, Options, Reason};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

/// Stack for the host functions at the end of a guest's deepest recursion. Only touched pages cost.
const HOST_PART: usize = 8 << 20;

/// Runs `guest`, and calls `interrupt` from another thread if it takes longer than it may.
pub(super) fn supervise<R: Send>(
    options: &Options,
    interrupt: impl FnOnce(),
    guest: impl FnOnce() -> R + Send,
) -> Result<R, Reason> {
    if options.stack.is_none() && options.timeout.is_none() {
        return Ok(guest());
    }
    let stack = options.stack.unwrap_or(Engine::DEFAULT_STACK).saturating_add(HOST_PART);
    let builder = thread::Builder::new().name("guest".to_owned()).stack_size(stack);
    thread::scope(|scope| {
        let (ended, wait) = mpsc::channel::<()>();
        let guest = builder
            .spawn_scoped(scope, move || {
                // Dropped when the guest ends, however it does.
                let _ended = ended;
                guest()
            })
            .map_err(Reason::Thread)?;
        if let Some(timeout) = options.timeout
            && wait.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout)
        {
            interrupt();
        }
        match guest.join() {
            Ok(result) => Ok(result),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

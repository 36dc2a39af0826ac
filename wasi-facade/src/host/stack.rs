//! The thread that a guest runs on if it was given a stack.

use super::error::Reason;
use std::thread;

/// Stack for the host functions at the end of a guest's deepest recursion. Only touched pages cost.
const HOST_PART: usize = 8 << 20;

/// Runs `guest`: on a thread that has room for the `stack` that it was given, or else on the caller's.
pub(super) fn with_stack<R: Send>(
    stack: Option<usize>,
    guest: impl FnOnce() -> R + Send,
) -> Result<R, Reason> {
    let Some(stack) = stack else { return Ok(guest()) };
    let builder = thread::Builder::new().name("guest".to_owned()).stack_size(stack.saturating_add(HOST_PART));
    thread::scope(|scope| match builder.spawn_scoped(scope, guest).map_err(Reason::Thread)?.join() {
        Ok(result) => Ok(result),
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

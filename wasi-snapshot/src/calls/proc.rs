//! `proc_exit` and `proc_raise`.

use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::{Memory, Trap};

/// Ends the guest with an exit code, whatever it is; what the host's own processes can report is for the
/// embedder to decide.
pub(crate) fn exit(code: u32) -> Trap {
    Trap::Exit(code)
}

/// Would send the guest a signal.
///
/// # Errors
///
/// * `notsup`: always, since guests have no way to handle signals
pub(crate) fn raise(_: &mut WasiCtx, _: &mut Memory<'_>, _signal: u32) -> Result {
    Err(Errno::Notsup.into())
}

//! `proc_exit` and `proc_raise`.

use crate::errno::Errno;
use crate::error::Result;
use crate::guest::ctx::WasiCtx;
use wasi_policy::{Memory, Trap};

/// Ends the guest with an exit code, whatever it is; what the host's own processes can report is for the
/// embedder to decide.
///
/// # Parameters
///
/// * `code`: the exit code; 0 is success
///
/// # See also
///
/// * the witx: [`proc_exit`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#proc_exit)
/// * POSIX: [`_Exit`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/_Exit.html)
#[doc(alias = "proc_exit")]
pub fn exit(code: u32) -> Trap {
    Trap::Exit(code)
}

/// Would send the guest a signal.
///
/// # Parameters
///
/// * `_signal`: the number of the signal
///
/// # Errors
///
/// * `notsup`: always, since guests have no way to handle signals
///
/// # See also
///
/// * the witx: [`proc_raise`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#proc_raise)
/// * POSIX: [`raise`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/raise.html)
#[doc(alias = "proc_raise")]
pub fn raise(_: &mut WasiCtx, _: &mut Memory<'_>, _signal: u32) -> Result {
    Err(Errno::Notsup.into())
}

//! The calls for Ctrl-C, as Windows has it: an event of the console's, which the system brings on a thread of its own.

use crate::exit_code::INTERRUPTED;
use std::sync::{Mutex, PoisonError};
use wasi_facade::snapshot::Sink;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// What follows Ctrl-C.
type Then = Box<dyn FnMut() + Send>;

static THEN: Mutex<Option<Then>> = Mutex::new(None);

/// The command's standard output, for the guest, who is told when nobody reads it any more: there is no signal for that.
pub(crate) fn stdout() -> Sink {
    Sink::inherit()
}

/// No signal comes from a write that is too large.
pub(crate) fn survive_large_writes() {}

/// Calls `then` whenever the user presses Ctrl-C, or Ctrl-Break, which is what a program can send another one.
pub(crate) fn on_ctrl_c(then: impl FnMut() + Send + 'static) {
    *THEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(then));
    // SAFETY: the handler is a function that stays, touches nothing but a lock, and may run on any thread. If it cannot be
    // set, Ctrl-C ends the process as the system has it.
    unsafe { SetConsoleCtrlHandler(Some(handle), 1) };
}

/// Says whether the event was ours; others, such as a closed console, end the process.
unsafe extern "system" fn handle(event: u32) -> BOOL {
    if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        return 0;
    }
    if let Some(then) = &mut *THEN.lock().unwrap_or_else(PoisonError::into_inner) {
        then();
    }
    1
}

/// The system itself keeps Ctrl-C from a process whose parent ignores it.
pub(crate) fn is_ctrl_c_ignored() -> bool {
    false
}

/// Ends the process with the code that Ctrl-C gives to those that do nothing about it, so that its parent can tell.
pub(crate) fn end_by_ctrl_c() -> ! {
    std::process::exit(INTERRUPTED.cast_signed())
}

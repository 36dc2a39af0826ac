//! The signals, and the command's answer to each.
//!
//! | signal               | what it does                                    | why                                               |
//! |----------------------|-------------------------------------------------|---------------------------------------------------|
//! | `SIGINT`, Ctrl-C     | ends the guest, then the command, by the signal | what the guest has written arrives; shells that   |
//! |                      |                                                 | run a loop stop it only if the command dies of it |
//! | `SIGINT`, once more  | ends the command at once, by the signal         | whoever presses it again has waited enough        |
//! | `SIGTERM`, `SIGHUP`, | what the system does: ends the command          | nothing of the guest's is held here, so that      |
//! | `SIGQUIT`            |                                                 | nothing is lost                                   |
//! | `SIGXFSZ`            | is ignored                                      | a write beyond `ulimit -f` is an error that the   |
//! |                      |                                                 | guest can be told                                 |
//! | `SIGPIPE`            | see [`crate::unsafe_calls`]                     |                                                   |
//!
//! On Windows there is Ctrl-C alone, with Ctrl-Break, which does the same.
//!
//! What the parent ignores stays ignored, as POSIX has it of `exec`: shells start `command &` without `SIGINT`, and
//! `nohup` without `SIGHUP`.

use crate::ctrl_c::CtrlC;
use crate::unsafe_calls;
use std::sync::{Arc, Mutex};

/// Takes the signals that a run does something about; must come before other threads. Ctrl-C waits for the
/// `last_word` of the guest.
pub(crate) fn take(last_word: &Arc<Mutex<()>>) -> Arc<CtrlC> {
    unsafe_calls::survive_large_writes();
    CtrlC::watch(Arc::clone(last_word))
}

//! The handler of Ctrl-C, which ends the guest, and the command with it.

use crate::unsafe_calls;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;
use wasi_facade::{InterruptHandle, Outcome};

/// How long a guest has to end after it was interrupted.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// Whether it was pressed, and what it ends.
#[derive(Default)]
pub(crate) struct CtrlC {
    pressed: AtomicBool,
    guest: OnceLock<InterruptHandle>,
}

impl CtrlC {
    /// Waits for it from now on, unless the parent ignores it; must come before other threads. The process ends if
    /// the guest does not: while compiling there is none, and compiled code may lack the checks. Whoever presses it
    /// again has waited enough, even for the last word.
    pub(crate) fn watch(last_word: Arc<Mutex<()>>) -> Arc<Self> {
        let ctrl_c = Arc::new(CtrlC::default());
        if unsafe_calls::is_ctrl_c_ignored() {
            return ctrl_c;
        }
        let watched = Arc::clone(&ctrl_c);
        unsafe_calls::on_ctrl_c(move || match watched.pressed.swap(true, Ordering::SeqCst) {
            false => Self::end_after_the_guest(Arc::clone(&watched), Arc::clone(&last_word)),
            true => unsafe_calls::end_by_ctrl_c(),
        });
        ctrl_c
    }

    /// Does so on another thread, so that nothing it waits for keeps the caller from noticing the next one.
    fn end_after_the_guest(watched: Arc<Self>, last_word: Arc<Mutex<()>>) {
        let ending = thread::Builder::new().spawn(move || {
            if let Some(guest) = watched.guest.get() {
                guest.interrupt();
                thread::sleep(GRACE);
            }
            let _guard = last_word.lock();
            unsafe_calls::end_by_ctrl_c();
        });
        if ending.is_err() {
            unsafe_calls::end_by_ctrl_c();
        }
    }

    /// Names the guest that it ends.
    pub(crate) fn ends(&self, guest: InterruptHandle) {
        // There is one guest in a process.
        let _ = self.guest.set(guest);
    }

    /// Did it end the guest?
    pub(crate) fn ended(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::Interrupted && self.pressed.load(Ordering::SeqCst)
    }
}

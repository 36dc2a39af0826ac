//! Ctrl-C ends the guest, and the command with it.

use crate::promises;
use crate::run::GRACE;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use wasi_facade::{Interrupter, Outcome};

/// The exit code that shells give for a command that was ended so.
pub(crate) const INTERRUPTED: u32 = 130;

/// Whether it was pressed, and what it ends.
#[derive(Default)]
pub(crate) struct CtrlC {
    pressed: AtomicBool,
    guest: OnceLock<Interrupter>,
}

impl CtrlC {
    /// Waits for it from now on; must come before other threads. The process ends if the guest does not:
    /// while compiling there is none, and compiled code may lack the checks.
    pub(crate) fn watch(last_word: Arc<Mutex<()>>) -> Arc<Self> {
        let ctrl_c = Arc::new(CtrlC::default());
        let watched = Arc::clone(&ctrl_c);
        promises::on_ctrl_c(move || {
            watched.pressed.store(true, Ordering::SeqCst);
            if let Some(guest) = watched.guest.get() {
                guest.interrupt();
                thread::sleep(GRACE);
            }
            let _guard = last_word.lock();
            std::process::exit(INTERRUPTED.cast_signed());
        });
        ctrl_c
    }

    /// Names the guest that it ends.
    pub(crate) fn ends(&self, guest: Interrupter) {
        // There is one guest in a process.
        let _ = self.guest.set(guest);
    }

    /// Did it end the guest?
    pub(crate) fn ended(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::Interrupted && self.pressed.load(Ordering::SeqCst)
    }
}

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
    /// Waits for it from now on; must come before other threads. The process ends if the guest does not: while
    /// compiling there is none, and compiled code may lack the checks. Whoever presses it again has waited
    /// enough, even for the last word.
    pub(crate) fn watch(last_word: Arc<Mutex<()>>) -> Arc<Self> {
        let ctrl_c = Arc::new(CtrlC::default());
        let watched = Arc::clone(&ctrl_c);
        promises::on_ctrl_c(move || match watched.pressed.swap(true, Ordering::SeqCst) {
            false => Self::end_after_the_guest(Arc::clone(&watched), Arc::clone(&last_word)),
            true => end(),
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
            end();
        });
        if ending.is_err() {
            end();
        }
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

fn end() {
    std::process::exit(INTERRUPTED.cast_signed());
}

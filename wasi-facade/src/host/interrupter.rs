//! Ending a run from outside.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ends one run, from any thread: it then gives [`Outcome::Interrupted`](crate::Outcome::Interrupted).
///
/// It comes from [`Contexts::interrupter`](crate::Contexts::interrupter) before the run, may be cloned, and
/// may outlive the run. A guest that waits in a host call ends within milliseconds. One that computes does so
/// too if the host was told to be [`interruptible`](crate::Host::interruptible), and otherwise with its next
/// call that waits.
///
/// ```
/// # #[cfg(feature = "snapshot")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wasi_facade::{Contexts, Host, Outcome, WasiCtx};
///
/// // Computes for ever.
/// let module = wat::parse_str(r#"(module (func (export "_start") (loop $again (br $again))))"#)?;
/// let program = Host::new().interruptible().compile(&module)?;
/// let contexts = Contexts::from(WasiCtx::builder().build()?);
/// let interrupter = contexts.interrupter();
/// std::thread::spawn(move || interrupter.interrupt());
/// assert_eq!(program.run(contexts)?, Outcome::Interrupted);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "snapshot"))]
/// # fn main() {}
/// ```
#[derive(Clone, Default)]
pub struct Interrupter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    raised: Arc<AtomicBool>,
    /// What to call once it is raised.
    wakes: Mutex<Vec<Wake>>,
}

/// Wakes up something that the guest waits for, or makes the engine look.
pub(super) type Wake = Box<dyn Fn() + Send + Sync>;

/// Interrupts when it is dropped, see [`Interrupter::on_drop`].
#[derive(Debug)]
#[must_use = "dropping it interrupts"]
pub struct InterruptOnDrop(Interrupter);

impl Interrupter {
    /// Ends the run, also one that has not started yet. Doing so again, or after the end, changes nothing.
    pub fn interrupt(&self) {
        self.0.raised.store(true, Ordering::SeqCst);
        for wake in self.wakes().iter() {
            wake();
        }
    }

    /// Has anybody interrupted?
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::SeqCst)
    }

    /// A guard that interrupts when it is dropped: for futures, which end by being dropped.
    pub fn on_drop(self) -> InterruptOnDrop {
        InterruptOnDrop(self)
    }

    /// Calls `wake` when the run is to end, and at once if it should have ended already.
    pub(super) fn also(&self, wake: Wake) {
        // Under the lock: whoever raises the flag after this look takes the lock, and finds `wake`.
        let mut wakes = self.wakes();
        if self.is_raised() {
            wake();
        }
        wakes.push(wake);
    }

    /// The flag, for engines.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.raised)
    }

    fn wakes(&self) -> MutexGuard<'_, Vec<Wake>> {
        self.0.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupter").field("raised", &self.is_raised()).finish()
    }
}

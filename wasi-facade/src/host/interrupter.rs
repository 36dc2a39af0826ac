//! The handle by which another thread ends a run.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

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
    /// What makes the engine look, to be repeated until the run has ended.
    engine: Mutex<Option<Wake>>,
    ended: AtomicBool,
}

/// The time between two of the wakes that are repeated.
const AGAIN: Duration = Duration::from_millis(10);

/// Wakes up something that the guest waits for, or makes the engine look.
pub(super) type Wake = Box<dyn Fn() + Send + Sync>;

/// Interrupts when it is dropped, see [`Interrupter::on_drop`].
#[derive(Debug)]
#[must_use = "dropping it interrupts"]
pub struct InterruptOnDrop(Interrupter);

impl Interrupter {
    /// Ends the run, also one that has not started yet. Doing so again, or after the end, changes nothing.
    pub fn interrupt(&self) {
        self.raise();
    }

    /// Does so, and tells whether nobody had before.
    pub(super) fn raise(&self) -> bool {
        let first = !self.0.raised.swap(true, Ordering::SeqCst);
        for wake in self.wakes().iter() {
            wake();
        }
        if self.wake_engine() && first {
            self.insist();
        }
        first
    }

    /// Has the engine look at the flag. False if no engine runs a guest that has to.
    fn wake_engine(&self) -> bool {
        let engine = self.engine();
        let engine = engine.as_ref().filter(|_| !self.0.ended.load(Ordering::SeqCst));
        engine.map(|wake| wake()).is_some()
    }

    /// Wakes the engine again and again until the run has ended: while a run of the same program that was not meant
    /// goes on from its look, it can miss a wake. A system that gives no thread leaves it at the first one.
    fn insist(&self) {
        let this = self.clone();
        let _ = thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
            while this.wake_engine() {
                thread::sleep(AGAIN);
            }
        });
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

    /// Calls `wake`, which makes the engine look at the flag, when the run is to end, until [`over`](Self::over).
    pub(super) fn wakes_engine(&self, wake: Wake) {
        *self.engine() = Some(wake);
        if self.is_raised() && self.wake_engine() {
            self.insist();
        }
    }

    /// A guard for the run: once it is dropped, the run has ended.
    pub(super) fn over(&self) -> RunEnds {
        RunEnds(self.clone())
    }

    fn engine(&self) -> MutexGuard<'_, Option<Wake>> {
        self.0.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flag, for engines.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.raised)
    }

    fn wakes(&self) -> MutexGuard<'_, Vec<Wake>> {
        self.0.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that a run has ended when it is dropped.
pub(super) struct RunEnds(Interrupter);

impl Drop for RunEnds {
    fn drop(&mut self) {
        self.0.0.ended.store(true, Ordering::SeqCst);
        // The engine may go; whoever keeps the interrupter does not keep that.
        *self.0.engine() = None;
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

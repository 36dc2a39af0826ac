//! The handle by which another thread ends a guest.

use crate::watch::WatchState;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ends one guest, from any thread. It can be cloned, sent to other threads, and outlive the guest.
///
/// A host call that waits ends with [`Trap::Interrupted`](crate::Trap::Interrupted) within milliseconds, and so does
/// every later call that would wait. A guest that computes without calling the host is the engine's to interrupt, which
/// [`on_interrupt`](Self::on_interrupt) can tell.
///
/// ```
/// use std::sync::mpsc;
/// use wasi_policy::InterruptHandle;
///
/// let handle = InterruptHandle::default();
/// let (sender, receiver) = mpsc::channel();
/// let wakes = handle.on_interrupt(move || sender.send("it is time").unwrap());
/// assert!(handle.clone().interrupt());
/// assert!(!handle.interrupt(), "it was interrupted before");
/// assert_eq!(receiver.recv(), Ok("it is time"));
/// # drop(wakes);
/// ```
#[derive(Clone, Default)]
pub struct InterruptHandle(Arc<State>);

#[derive(Default)]
struct State {
    raised: AtomicBool,
    wakes: Mutex<Wakes>,
}

#[derive(Default)]
struct Wakes {
    last_key: u64,
    by_key: BTreeMap<u64, Wake>,
}

/// What learns of an interrupt.
enum Wake {
    Call(Box<dyn Fn() + Send + Sync>),
    /// One of the watches, by its key: kept without allocating, since there is one for each computation of a guest.
    Watch(&'static WatchState, u64),
}

impl Wake {
    fn call(&self) {
        match self {
            Wake::Call(call) => call(),
            Wake::Watch(watches, key) => watches.wake(*key),
        }
    }
}

impl InterruptHandle {
    /// Ends the guest, also one that has not started yet. True if nobody had before: doing so again, or after the
    /// guest's end, changes nothing.
    pub fn interrupt(&self) -> bool {
        let is_first = !self.0.raised.swap(true, Ordering::SeqCst);
        if is_first {
            for wake in self.0.wakes().by_key.values() {
                wake.call();
            }
        }
        is_first
    }

    /// Has anybody interrupted?
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::SeqCst)
    }

    /// Calls `wake` when the guest is interrupted, and at once if it was already, until the guard is dropped.
    ///
    /// `wake` is for what the guest may wait for. It must return soon and leave this handle alone, and it may be called
    /// twice.
    pub fn on_interrupt(&self, wake: impl Fn() + Send + Sync + 'static) -> OnInterrupt {
        self.wakes(Wake::Call(Box::new(wake)))
    }

    /// The same for the watch of that key.
    pub(crate) fn wakes_watch(&self, watches: &'static WatchState, key: u64) -> OnInterrupt {
        self.wakes(Wake::Watch(watches, key))
    }

    fn wakes(&self, wake: Wake) -> OnInterrupt {
        // Under the lock: whoever raises the flag after this look takes the lock, and finds `wake`.
        let mut wakes = self.0.wakes();
        if self.is_raised() {
            wake.call();
        }
        wakes.last_key = wakes.last_key.wrapping_add(1);
        let key = wakes.last_key;
        wakes.by_key.insert(key, wake);
        OnInterrupt { state: Arc::clone(&self.0), key }
    }

    /// A guard that interrupts when it is dropped: for futures, which end by being dropped.
    pub fn on_drop(self) -> InterruptOnDrop {
        InterruptOnDrop(self)
    }
}

impl State {
    fn wakes(&self) -> MutexGuard<'_, Wakes> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").field("raised", &self.is_raised()).finish()
    }
}

/// Keeps what [`InterruptHandle::on_interrupt`] calls; once it is dropped, that is not called any more.
#[must_use = "dropping it forgets what was to be called"]
pub struct OnInterrupt {
    state: Arc<State>,
    key: u64,
}

impl OnInterrupt {
    /// Has anybody interrupted?
    pub(crate) fn is_raised(&self) -> bool {
        self.state.raised.load(Ordering::SeqCst)
    }
}

impl Drop for OnInterrupt {
    fn drop(&mut self) {
        // What it holds is freed without the lock, which it may want.
        let wake = self.state.wakes().by_key.remove(&self.key);
        drop(wake);
    }
}

impl fmt::Debug for OnInterrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnInterrupt").finish_non_exhaustive()
    }
}

/// Interrupts when it is dropped, see [`InterruptHandle::on_drop`].
#[derive(Debug)]
#[must_use = "dropping it interrupts"]
pub struct InterruptOnDrop(InterruptHandle);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

#[cfg(test)]
mod tests {
    use super::InterruptHandle;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn what_was_forgotten_is_not_called() {
        let handle = InterruptHandle::default();
        let calls = Arc::new(AtomicU32::new(0));
        let count = |by: u32| {
            let calls = Arc::clone(&calls);
            move || {
                calls.fetch_add(by, Ordering::SeqCst);
            }
        };
        let _kept = handle.on_interrupt(count(1));
        drop(handle.on_interrupt(count(10)));
        drop(handle.clone().on_drop());
        assert!(handle.is_raised());
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        let _late = handle.on_interrupt(count(100));
        assert_eq!(calls.load(Ordering::SeqCst), 101);
        assert!(!handle.interrupt());
        assert_eq!(calls.load(Ordering::SeqCst), 101);
    }
}

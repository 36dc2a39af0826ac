//! The watch over time limits and interrupts: one thread for the process, which calls what ends a guest's work.
//!
//! A thread for each run that is limited, which waits while the guest runs on another one, costs several times what a short
//! guest takes. Native libraries do not look at clocks or flags of ours, but can be told from another thread to stop.

mod state;

pub(crate) use state::WatchState;

use crate::interrupt::{InterruptHandle, OnInterrupt};
use state::{End, SHARED};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Calls what ends a guest's work once its time is up or it is interrupted, and again every few milliseconds, until the
/// watch is dropped. After that nothing is called; dropping waits for a call that goes on.
///
/// All watches share one thread, which is started with the first of them, and sleeps until the first deadline. A watch
/// that follows others allocates nothing, so there may be one for each call of a guest; where many calls follow each other,
/// one that [pauses](Self::pause) between them costs less.
///
/// ```
/// use std::sync::{Arc, mpsc};
/// use std::time::{Duration, Instant};
/// use wasi_policy::{InterruptHandle, Watch};
///
/// let (sender, receiver) = mpsc::channel();
/// let soon = Instant::now() + Duration::from_millis(1);
/// let end = Arc::new(move || drop(sender.send("your time is up")));
/// let watch = Watch::new(Some(soon), &InterruptHandle::default(), end)?;
/// assert_eq!(receiver.recv(), Ok("your time is up"));
/// drop(watch);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping it ends the watch"]
pub struct Watch {
    /// Dropped before the entry goes, so that nothing makes that due any more.
    on_interrupt: Option<OnInterrupt>,
    shared: &'static WatchState,
    key: u64,
}

impl Watch {
    /// Has `end` called from `due` on, and when `interrupt` is raised.
    ///
    /// `end` is called on the thread of all watches, so it must return soon, and must not drop the watch. If it panics, it
    /// is called again, and the others are not disturbed.
    ///
    /// # Errors
    ///
    /// What the system says if it has no thread to give.
    pub fn new(
        due: Option<Instant>,
        interrupt: &InterruptHandle,
        end: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        Watch::among(&SHARED, due, interrupt, end)
    }

    fn among(
        shared: &'static WatchState,
        due: Option<Instant>,
        interrupt: &InterruptHandle,
        end: End,
    ) -> io::Result<Self> {
        let key = shared.add(end)?;
        let mut watch = Watch { on_interrupt: None, shared, key };
        if let Some(due) = due {
            shared.make_due(shared.lock(), key, due);
        }
        watch.on_interrupt = Some(interrupt.wakes_watch(shared, key));
        Ok(watch)
    }

    /// Calls nothing until [`resume`](Self::resume), as between two calls of a guest. Waits for a call that goes on.
    pub fn pause(&mut self) {
        let mut watches = self.shared.lock();
        watches.pause(self.key);
        drop(self.shared.called(watches, self.key));
    }

    /// Goes on after a pause, with another deadline: what ends the guest's work is called from `due` on, and when the
    /// interrupt is raised, which it may be already.
    pub fn resume(&mut self, due: Option<Instant>) {
        let mut watches = self.shared.lock();
        watches.resume(self.key);
        // Under the lock: whoever raises it after this look finds that the entry is not paused.
        let is_raised = self.on_interrupt.as_ref().is_some_and(OnInterrupt::is_raised);
        let due = if is_raised { Some(Instant::now()) } else { due };
        if let Some(due) = due {
            self.shared.make_due(watches, self.key, due);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.on_interrupt = None;
        let mut watches = self.shared.lock();
        let end = watches.remove(self.key);
        // What the function holds is freed without the lock.
        drop(self.shared.called(watches, self.key));
        drop(end);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Watch, WatchState};
    use crate::InterruptHandle;
    use std::sync::mpsc::{self, Receiver, RecvError, Sender};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    /// Watches of the test's own, whose thread nobody else keeps busy.
    fn shared() -> &'static WatchState {
        Box::leak(Box::new(WatchState::new()))
    }

    fn tells<T: Clone + Send + Sync + 'static>(sender: &Sender<T>, what: T) -> End {
        let sender = sender.clone();
        // The test may be over.
        Arc::new(move || drop(sender.send(what.clone())))
    }

    fn watch(shared: &'static WatchState, due: Option<Instant>, end: End) -> Watch {
        Watch::among(shared, due, &InterruptHandle::default(), end).unwrap()
    }

    /// Keeps the thread busy until something is sent, or the sender is gone.
    fn busy(shared: &'static WatchState) -> (Watch, Sender<()>) {
        let (sender, receiver) = mpsc::channel::<()>();
        let (started, starts) = mpsc::channel();
        let receiver = Mutex::new(receiver);
        let end = move || {
            let _ = started.send(());
            let _ = receiver.lock().unwrap().recv();
        };
        let watch = watch(shared, Some(Instant::now()), Arc::new(end));
        starts.recv().unwrap();
        (watch, sender)
    }

    /// The first call of each, in order.
    fn first_calls(receiver: &Receiver<u64>, count: usize) -> Vec<u64> {
        let mut calls = Vec::new();
        while calls.len() < count {
            let number = receiver.recv().unwrap();
            if !calls.contains(&number) {
                calls.push(number);
            }
        }
        calls
    }

    #[test]
    fn deadlines_in_any_order() {
        let shared = shared();
        let (_busy, go_on) = busy(shared);
        let (sender, receiver) = mpsc::channel();
        let now = Instant::now();
        let watches = [3, 0, 4, 1, 2].map(|number| {
            let due = now + Duration::from_millis(number);
            watch(shared, Some(due), tells(&sender, number))
        });
        drop(go_on);
        assert_eq!(first_calls(&receiver, 5), [0, 1, 2, 3, 4]);
        assert!(now.elapsed() >= Duration::from_millis(4));
        drop(watches);
    }

    #[test]
    fn thousands_at_once() {
        let shared = shared();
        let (sender, receiver) = mpsc::channel();
        let far = Instant::now() + Duration::from_secs(3600);
        let far = (0..5000).map(|_| watch(shared, Some(far), Arc::new(|| panic!("it is too early"))));
        let far: Vec<_> = far.collect();
        let soon = Instant::now() + Duration::from_millis(20);
        let soon: Vec<_> =
            (0..5000).map(|number| watch(shared, Some(soon), tells(&sender, number))).collect();
        let mut called: Vec<_> = (0..soon.len()).map(|_| false).collect();
        while called.contains(&false) {
            called[usize::try_from(receiver.recv().unwrap()).unwrap()] = true;
        }
        drop((soon, far));
        assert!(shared.lock().by_key.is_empty() && shared.lock().queue.is_empty());
    }

    #[test]
    fn a_deadline_calls_until_the_watch_is_dropped_which_frees_at_once() {
        let (sender, calls) = mpsc::channel();
        let due = Instant::now() + Duration::from_millis(1);
        let watch = watch(shared(), Some(due), tells(&sender, ()));
        drop(sender);
        calls.recv().unwrap();
        assert!(Instant::now() >= due);
        calls.recv().unwrap();
        drop(watch);
        while calls.try_recv().is_ok() {}
        // The thread has let go of the function, so nothing will ever come.
        assert_eq!(calls.recv(), Err(RecvError));
    }

    #[test]
    fn one_that_is_not_due_is_freed_while_the_thread_is_busy() {
        let shared = shared();
        let (_busy, _go_on) = busy(shared);
        let (sender, calls) = mpsc::channel();
        drop(watch(shared, Some(Instant::now()), tells(&sender, ())));
        drop(sender);
        assert_eq!(calls.recv(), Err(RecvError));
    }

    #[test]
    fn an_interrupt_calls_before_and_after_it_is_raised() {
        let (sender, calls) = mpsc::channel();
        let interrupt = InterruptHandle::default();
        let far = Instant::now() + Duration::from_secs(3600);
        for due in [None, Some(far)] {
            let first = Watch::among(shared(), due, &interrupt, tells(&sender, ())).unwrap();
            interrupt.interrupt();
            calls.recv().unwrap();
            calls.recv().unwrap();
            drop(first);
        }
    }

    /// As between the calls of a guest that lives on, whose time is up while nobody calls it.
    #[test]
    fn a_pause_calls_nothing() {
        let shared = shared();
        let (sender, calls) = mpsc::channel();
        let interrupt = InterruptHandle::default();
        let soon = Instant::now() + Duration::from_millis(1);
        let mut paused = Watch::among(shared, Some(soon), &interrupt, tells(&sender, "paused")).unwrap();
        paused.pause();
        while calls.try_recv().is_ok() {}
        let _other = watch(shared, Some(soon), tells(&sender, "other"));
        for _ in 0..3 {
            assert_eq!(calls.recv(), Ok("other"));
        }
        paused.resume(Some(Instant::now()));
        while calls.recv().unwrap() != "paused" {}
        // Nor does an interrupt, which it finds when it goes on, without a deadline.
        paused.pause();
        while calls.try_recv().is_ok() {}
        interrupt.interrupt();
        for _ in 0..3 {
            assert_eq!(calls.recv(), Ok("other"));
        }
        paused.resume(None);
        while calls.recv().unwrap() != "paused" {}
    }

    /// As a run's time limit does, whose guest waits in a call that is watched too.
    #[test]
    fn a_call_may_interrupt_what_is_watched() {
        let shared = shared();
        let (sender, calls) = mpsc::channel();
        let interrupt = InterruptHandle::default();
        let _waits = Watch::among(shared, None, &interrupt, tells(&sender, "the call")).unwrap();
        let (also, raise) = (sender, interrupt.clone());
        let end = move || {
            raise.interrupt();
            let _ = also.send("the run");
        };
        let _run = Watch::among(shared, Some(Instant::now()), &interrupt, Arc::new(end)).unwrap();
        assert_eq!(calls.recv(), Ok("the run"));
        while calls.recv().unwrap() != "the call" {}
    }

    #[test]
    fn a_panic_in_one_spares_the_others() {
        let shared = shared();
        let due = Some(Instant::now());
        let _bad = watch(shared, due, Arc::new(|| panic!("a mistake of the host's")));
        let (sender, calls) = mpsc::channel();
        let _good = watch(shared, due, tells(&sender, ()));
        calls.recv().unwrap();
        calls.recv().unwrap();
    }

    #[test]
    fn without_watches_the_thread_sleeps_for_good() {
        let shared = shared();
        let (sender, calls) = mpsc::channel();
        let watch = watch(shared, Some(Instant::now()), tells(&sender, ()));
        calls.recv().unwrap();
        drop(watch);
        while shared.lock().wakes.is_some() {
            std::thread::yield_now();
        }
        assert!(shared.lock().has_thread && shared.lock().by_key.is_empty());
    }
}

//! The watch over time limits and interrupts: one thread for the process, which calls what ends a guest's work.
//!
//! A thread for each run that is limited, which waits while the guest runs on another one, costs several times what a short
//! guest takes. Native libraries do not look at clocks or flags of ours, but can be told from another thread to stop.

use crate::interrupt::{InterruptHandle, OnInterrupt};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait before the next call: the last one may have come before there was anything to end.
const AGAIN: Duration = Duration::from_millis(5);

/// Calls what ends a guest's work once its time is up or it is interrupted, and again every few milliseconds, until the
/// watch is dropped. After that nothing is called; dropping waits for a call that goes on.
///
/// All watches share one thread, which is started with the first of them, and sleeps until the first deadline. A watch
/// that follows others allocates nothing, so there may be one for each call of a guest.
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

/// What ends a guest's work.
type End = Arc<dyn Fn() + Send + Sync>;

/// The watches of the process, what tells the thread of a change that concerns it, and what tells of the end of a call.
pub(crate) struct WatchState {
    watches: Mutex<Watches>,
    changed: Condvar,
    called: Condvar,
}

static SHARED: WatchState = WatchState::new();

struct Watches {
    by_key: BTreeMap<u64, WatchEntry>,
    /// When to call which, in this order.
    queue: BTreeSet<(Instant, u64)>,
    last_key: u64,
    has_thread: bool,
    /// The entry whose function the thread calls at the moment.
    calling: Option<u64>,
    /// When the thread looks again by itself, if it does.
    wakes: Option<Instant>,
}

struct WatchEntry {
    /// Its place in the queue, if it has one.
    due: Option<Instant>,
    end: End,
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
        let mut watches = shared.lock();
        if !watches.has_thread {
            std::thread::Builder::new().name("wasi watch".to_owned()).spawn(|| shared.run())?;
            watches.has_thread = true;
        }
        watches.last_key = watches.last_key.wrapping_add(1);
        let key = watches.last_key;
        watches.by_key.insert(key, WatchEntry { due: None, end });
        drop(watches);
        let mut watch = Watch { on_interrupt: None, shared, key };
        if let Some(due) = due {
            shared.make_due(key, due);
        }
        watch.on_interrupt = Some(interrupt.wakes_watch(shared, key));
        Ok(watch)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.on_interrupt = None;
        let mut watches = self.shared.lock();
        let end = watches.remove(self.key);
        while watches.calling == Some(self.key) {
            watches = self.shared.called.wait(watches).unwrap_or_else(PoisonError::into_inner);
        }
        // What the function holds is freed without the lock.
        drop(watches);
        drop(end);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("key", &self.key).finish_non_exhaustive()
    }
}

impl WatchState {
    const fn new() -> Self {
        let watches = Watches {
            by_key: BTreeMap::new(),
            queue: BTreeSet::new(),
            last_key: 0,
            has_thread: false,
            calling: None,
            wakes: None,
        };
        WatchState { watches: Mutex::new(watches), changed: Condvar::new(), called: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has an entry called soon.
    pub(crate) fn wake(&self, key: u64) {
        self.make_due(key, Instant::now());
    }

    /// Has an entry called at `due`. The thread wakes for the first deadline, and may do so for one that is gone: most
    /// entries find it asleep until an earlier time than theirs, and leave it so.
    fn make_due(&self, key: u64, due: Instant) {
        let mut watches = self.lock();
        watches.queue_at(key, due);
        if watches.wakes.is_none_or(|wakes| due < wakes) {
            self.changed.notify_one();
        }
    }

    fn run(&self) {
        let mut watches = self.lock();
        loop {
            let now = Instant::now();
            let next = watches.queue.first().copied();
            watches = match next {
                Some((due, key)) if due <= now => {
                    let end = watches.start_call(due, key);
                    // Without the lock: the function may raise an interrupt that makes another entry due.
                    drop(watches);
                    if let Some(end) = end {
                        // A mistake of one guest's host must not end the watch over the others.
                        let _ = catch_unwind(AssertUnwindSafe(|| end()));
                    }
                    let mut watches = self.lock();
                    watches.calling = None;
                    self.called.notify_all();
                    // Unless it is gone, or was interrupted meanwhile, which is not to wait.
                    if watches.by_key.get(&key).is_some_and(|entry| entry.due.is_none()) {
                        watches.queue_at(key, Instant::now() + AGAIN);
                    }
                    watches
                }
                Some((due, _)) => {
                    watches.wakes = Some(due);
                    let wait = due.saturating_duration_since(now);
                    self.changed.wait_timeout(watches, wait).unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    watches.wakes = None;
                    self.changed.wait(watches).unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

impl Watches {
    fn queue_at(&mut self, key: u64, due: Instant) {
        let Some(entry) = self.by_key.get_mut(&key) else { return };
        if let Some(earlier) = entry.due.replace(due) {
            self.queue.remove(&(earlier, key));
        }
        self.queue.insert((due, key));
    }

    /// Takes an entry off the queue and says what to call.
    fn start_call(&mut self, due: Instant, key: u64) -> Option<End> {
        self.queue.remove(&(due, key));
        let entry = self.by_key.get_mut(&key)?;
        entry.due = None;
        self.calling = Some(key);
        Some(Arc::clone(&entry.end))
    }

    fn remove(&mut self, key: u64) -> Option<End> {
        let entry = self.by_key.remove(&key)?;
        if let Some(due) = entry.due {
            self.queue.remove(&(due, key));
        }
        Some(entry.end)
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

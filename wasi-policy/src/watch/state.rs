//! The watches of the process, in the order of their deadlines, and the thread that calls them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait before the next call: the last one may have come before there was anything to end.
const AGAIN: Duration = Duration::from_millis(5);

/// What ends a guest's work.
pub(super) type End = Arc<dyn Fn() + Send + Sync>;

/// The watches of the process, what tells the thread of a change that concerns it, and what tells of the end of a call.
pub(crate) struct WatchState {
    watches: Mutex<Watches>,
    changed: Condvar,
    called: Condvar,
}

pub(super) static SHARED: WatchState = WatchState::new();

pub(super) struct Watches {
    pub(super) by_key: BTreeMap<u64, WatchEntry>,
    /// When to call which, in this order.
    pub(super) queue: BTreeSet<(Instant, u64)>,
    last_key: u64,
    pub(super) has_thread: bool,
    /// The entry whose function the thread calls at the moment.
    calling: Option<u64>,
    /// When the thread looks again by itself, if it does.
    pub(super) wakes: Option<Instant>,
}

pub(super) struct WatchEntry {
    /// Its place in the queue, if it has one.
    due: Option<Instant>,
    /// Nothing makes it due.
    paused: bool,
    end: End,
}

impl WatchState {
    pub(super) const fn new() -> Self {
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

    pub(super) fn lock(&self) -> MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry that is not due, and starts the thread if there is none.
    pub(super) fn add(&'static self, end: End) -> io::Result<u64> {
        let mut watches = self.lock();
        if !watches.has_thread {
            std::thread::Builder::new().name("wasi watch".to_owned()).spawn(|| self.run())?;
            watches.has_thread = true;
        }
        watches.last_key = watches.last_key.wrapping_add(1);
        let key = watches.last_key;
        watches.by_key.insert(key, WatchEntry { due: None, paused: false, end });
        Ok(key)
    }

    /// Has an entry called soon.
    pub(crate) fn wake(&self, key: u64) {
        self.make_due(self.lock(), key, Instant::now());
    }

    /// Waits until no call of the entry goes on.
    pub(super) fn called<'w>(
        &self,
        mut watches: MutexGuard<'w, Watches>,
        key: u64,
    ) -> MutexGuard<'w, Watches> {
        while watches.calling == Some(key) {
            watches = self.called.wait(watches).unwrap_or_else(PoisonError::into_inner);
        }
        watches
    }

    /// Has an entry called at `due`. The thread wakes for the first deadline, and may do so for one that is gone: most
    /// entries find it asleep until an earlier time than theirs, and leave it so.
    pub(super) fn make_due(&self, mut watches: MutexGuard<'_, Watches>, key: u64, due: Instant) {
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
                    // Unless it is gone or paused, or was interrupted meanwhile, which is not to wait.
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
        let Some(entry) = self.by_key.get_mut(&key).filter(|entry| !entry.paused) else { return };
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

    pub(super) fn pause(&mut self, key: u64) {
        let Some(entry) = self.by_key.get_mut(&key) else { return };
        entry.paused = true;
        if let Some(due) = entry.due.take() {
            self.queue.remove(&(due, key));
        }
    }

    pub(super) fn resume(&mut self, key: u64) {
        if let Some(entry) = self.by_key.get_mut(&key) {
            entry.paused = false;
        }
    }

    pub(super) fn remove(&mut self, key: u64) -> Option<End> {
        let entry = self.by_key.remove(&key)?;
        if let Some(due) = entry.due {
            self.queue.remove(&(due, key));
        }
        Some(entry.end)
    }
}

//! The loads of a process: each model once, on a thread of its own, however many guests wait for it.

use super::limits::ProcessLimits;
use super::loaded::LoadedGraph;
use super::order::Order;
use crate::budget::{Budget, Charge};
use crate::{Cancel, Control, Device, Error, ErrorKind, InterruptHandle};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

/// Bytes of the stack that a backend loads on. Parsers descend into models, and this is twice what a process's
/// first thread usually has.
pub(super) const STACK_SIZE: usize = 16 << 20;

pub(super) type Outcome = Result<Arc<LoadedGraph>, Error>;

/// What makes two loads the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A graph of the host's. It is kept.
    Named(String),
    /// A guest's model. It is shared as long as anyone has it, and failures are forgotten. Of a backend that shares none, each
    /// load has a number of its own.
    Content { hash: blake3::Hash, backend: Arc<str>, device: Device, own: Option<u64> },
}

/// The loads of a process, those that go on and those that have ended.
pub(super) struct Loads {
    slots: Mutex<HashMap<Key, Slot>>,
    /// Places for models of guests.
    places: Budget,
    /// Places for graphs of the host's, which no guest can take.
    named_places: Budget,
    guest_bytes: Budget,
    limits: ProcessLimits,
}

enum Slot {
    /// It goes on.
    Loading(Arc<Job>),
    /// It is there until nobody uses it.
    Shared(Weak<LoadedGraph>),
    /// It is there for good.
    Kept(Arc<LoadedGraph>),
    /// It failed, and the host was told. It may have failed for want of something that is there the next time, as
    /// descriptors or memory, and no error of a native library tells.
    Failed,
}

/// A load that goes on. Whoever waits for it has it, and the thread.
#[derive(Default)]
struct Job {
    progress: Mutex<Progress>,
    changed: Condvar,
    /// Raised once nobody waits.
    abandoned: InterruptHandle,
}

#[derive(Default)]
struct Progress {
    /// The last who waits takes it, so that nothing holds the graph but those who asked for it.
    outcome: Option<Outcome>,
    waiting: usize,
}

/// What a load holds from its beginning: its place, and the bytes of a guest's model.
struct Charges {
    place: Charge,
    bytes: Option<Charge>,
}

impl Loads {
    pub(super) fn new(limits: ProcessLimits) -> Self {
        let places = |purpose| Budget::new(purpose, "ProcessLimits::max_loads", limits.max_loads.into());
        let bytes = limits.max_guest_model_bytes;
        Loads {
            slots: Mutex::default(),
            places: places("the loads of the process"),
            named_places: places("the loads of the host's graphs"),
            guest_bytes: Budget::new(
                "the models of all guests",
                "ProcessLimits::max_guest_model_bytes",
                bytes,
            ),
            limits,
        }
    }

    /// The graph that was ordered: one that is there, one that is being loaded, or a new one. Waits until it is
    /// there, or until `control` says to stop.
    pub(super) fn obtain(self: &Arc<Self>, order: Order, control: &Control) -> Outcome {
        control.check()?;
        let key = order.key.clone();
        let job = match self.enter(order) {
            Ok(job) => job,
            Err(outcome) => return outcome,
        };
        match job.wait(control) {
            Ok(outcome) => outcome,
            Err(stopped) => {
                self.leave(&key, &job);
                Err(stopped)
            }
        }
    }

    /// Tells all loads that nobody waits any longer.
    pub(super) fn abandon(&self) {
        let mut slots = self.slots();
        let jobs: Vec<_> = slots.drain().filter_map(|(_, slot)| slot.job()).collect();
        drop(slots);
        for job in &jobs {
            job.abandoned.interrupt();
        }
    }

    /// The job to wait for, or else what there is without waiting.
    fn enter(self: &Arc<Self>, mut order: Order) -> Result<Arc<Job>, Outcome> {
        let mut slots = self.slots();
        match slots.get(&order.key) {
            Some(Slot::Loading(job)) => {
                order.counts.hit();
                return Ok(job.join());
            }
            Some(Slot::Kept(loaded)) => {
                order.counts.hit();
                return Err(Ok(Arc::clone(loaded)));
            }
            Some(Slot::Shared(loaded)) => {
                if let Some(loaded) = loaded.upgrade() {
                    order.counts.hit();
                    return Err(Ok(loaded));
                }
            }
            Some(Slot::Failed) => order.was_told = true,
            None => {}
        }
        let charges = self.charge(&order).map_err(Err)?;
        slots.retain(|_, slot| !slot.is_spent());
        let job = Arc::<Job>::default().join();
        slots.insert(order.key.clone(), Slot::Loading(Arc::clone(&job)));
        drop(slots);
        self.spawn(order, charges, &job);
        Ok(job)
    }

    /// The graphs that are there, whose keys are wanted.
    pub(super) fn loaded(&self, is_wanted: impl Fn(&Key) -> bool) -> Vec<Arc<LoadedGraph>> {
        let slots = self.slots();
        let loaded = slots.iter().filter(|(key, _)| is_wanted(key)).filter_map(|(_, slot)| match slot {
            Slot::Kept(loaded) => Some(Arc::clone(loaded)),
            Slot::Shared(loaded) => loaded.upgrade(),
            Slot::Loading(_) | Slot::Failed => None,
        });
        loaded.collect()
    }

    fn charge(&self, order: &Order) -> Result<Charges, Error> {
        let busy = |error: Error| Error::new(ErrorKind::Busy, error.to_string());
        let places = match order.key {
            Key::Named(_) => &self.named_places,
            Key::Content { .. } => &self.places,
        };
        let place = places.charge(1).map_err(|_| {
            let limit = self.limits.max_loads;
            Error::new(
                ErrorKind::Busy,
                format!("{limit} models are being loaded, as many as `ProcessLimits::max_loads` allows"),
            )
        })?;
        let bytes = match order.key {
            Key::Named(_) => None,
            Key::Content { .. } => {
                let len = order.content.byte_len();
                // What would fit if others let go may fit later.
                let fits = len <= self.limits.max_guest_model_bytes;
                let charge = self.guest_bytes.charge(len);
                Some(charge.map_err(|error| if fits { busy(error) } else { error })?)
            }
        };
        Ok(Charges { place, bytes })
    }

    fn spawn(self: &Arc<Self>, mut order: Order, charges: Charges, job: &Arc<Job>) {
        let key = order.key.clone();
        let (loads, its_job) = (Arc::clone(self), Arc::clone(job));
        let run = move || {
            let Charges { place, bytes } = charges;
            let outcome = order.load(&Control::new(None, &its_job.abandoned), bytes, &loads.guest_bytes);
            // Whoever is woken may want the places at once.
            drop((place, order.spent.take()));
            loads.finish(&order.key, &its_job, outcome);
        };
        let thread = thread::Builder::new().name("wasi-nn load".to_owned()).stack_size(STACK_SIZE);
        if let Err(error) = thread.spawn(run) {
            let message = format!("no thread to load a model on: {error}");
            self.finish(&key, job, Err(Error::new(ErrorKind::Busy, message)));
        }
    }

    fn finish(&self, key: &Key, job: &Arc<Job>, outcome: Outcome) {
        let mut slots = self.slots();
        // Another job may have its place, if it was abandoned.
        if slots.get(key).is_some_and(|slot| slot.is(job)) {
            let remains = match (key, &outcome) {
                (Key::Named(_), Ok(loaded)) => Some(Slot::Kept(Arc::clone(loaded))),
                (Key::Named(_), Err(_)) => Some(Slot::Failed),
                (Key::Content { .. }, Ok(loaded)) => Some(Slot::Shared(Arc::downgrade(loaded))),
                (Key::Content { .. }, Err(_)) => None,
            };
            match remains {
                Some(slot) => slots.insert(key.clone(), slot),
                None => slots.remove(key),
            };
        }
        // Nobody can join it any more.
        drop(slots);
        job.finish(outcome);
    }

    /// One guest less waits. The last one ends the load, but for graphs of the host's: however short the
    /// patience of this guest, others will ask for them.
    fn leave(&self, key: &Key, job: &Arc<Job>) {
        let mut slots = self.slots();
        let (is_last, unclaimed) = job.leave();
        let ends = is_last && matches!(key, Key::Content { .. });
        if ends && slots.get(key).is_some_and(|slot| slot.is(job)) {
            slots.remove(key);
        }
        // Freeing a graph may take long, and needs no lock.
        drop(slots);
        drop(unclaimed);
        if ends {
            job.abandoned.interrupt();
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Key, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn job(self) -> Option<Arc<Job>> {
        match self {
            Slot::Loading(job) => Some(job),
            _ => None,
        }
    }

    fn is(&self, wanted: &Arc<Job>) -> bool {
        matches!(self, Slot::Loading(job) if Arc::ptr_eq(job, wanted))
    }

    fn is_spent(&self) -> bool {
        matches!(self, Slot::Shared(loaded) if loaded.strong_count() == 0)
    }
}

impl Job {
    /// One more waits, with what this returns.
    fn join(self: &Arc<Self>) -> Arc<Self> {
        let mut progress = self.progress();
        progress.waiting = progress.waiting.saturating_add(1);
        Arc::clone(self)
    }

    /// One less waits. Says whether it was the last, who then has the outcome, if it came after all.
    fn leave(&self) -> (bool, Option<Outcome>) {
        let mut progress = self.progress();
        progress.waiting = progress.waiting.saturating_sub(1);
        let is_last = progress.waiting == 0;
        (is_last, progress.outcome.take_if(|_| is_last))
    }

    fn finish(&self, outcome: Outcome) {
        let mut progress = self.progress();
        if progress.waiting > 0 {
            progress.outcome = Some(outcome);
            self.changed.notify_all();
        }
    }

    /// The outcome, with which the waiting has ended.
    ///
    /// # Errors
    ///
    /// Why the caller must not wait any longer; it has to leave.
    fn wait(self: &Arc<Self>, control: &Control) -> Result<Outcome, Error> {
        let job = Arc::clone(self);
        let wake: Cancel = Arc::new(move || {
            // With the lock, it cannot come between the waiter's look at its bounds and its sleep.
            let _progress = job.progress();
            job.changed.notify_all();
        });
        // It is dropped after the lock below, which the call takes that dropping it waits for.
        let _guard = control.cancel_with(&wake)?;
        let mut progress = self.progress();
        loop {
            let is_last = progress.waiting == 1;
            let outcome = if is_last { progress.outcome.take() } else { progress.outcome.clone() };
            if let Some(outcome) = outcome {
                progress.waiting = progress.waiting.saturating_sub(1);
                return Ok(outcome);
            }
            control.check()?;
            progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Named(name) => write!(f, "graph `{name}`"),
            Key::Content { hash, .. } => write!(f, "the guest's model {hash}"),
        }
    }
}

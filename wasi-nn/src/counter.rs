//! Counters of what is done with graphs, from any thread, without locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often something was done, and how long that took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How often it succeeded.
    pub done: u64,
    /// How often it failed.
    pub failed: u64,
    /// The time of both together; zero where nobody looked at the clock.
    pub time: Duration,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally {
            done: self.done.saturating_add(other.done),
            failed: self.failed.saturating_add(other.failed),
            time: self.time.saturating_add(other.time),
        }
    }
}

/// Counts something that threads do at the same time.
///
/// The counts guard nothing, so no other memory need be ordered by them: each is an addition of its own, and a look at them
/// meanwhile may find one done and the other not.
///
/// ```
/// use wasi_nn::backend::Counter;
///
/// let compiles = Counter::default();
/// let compiled = compiles.count(true, || Err::<(), _>("no such operator"));
/// assert!(compiled.is_err() && compiles.tally().failed == 1);
/// ```
#[derive(Debug, Default)]
pub struct Counter {
    done: AtomicU64,
    failed: AtomicU64,
    nanos: AtomicU64,
}

impl Counter {
    /// Does `work`, counts it, and looks at the clock before and after it if it `is_timed`, which takes some 100 ns. Work that
    /// panics has failed.
    pub fn count<R, E>(&self, is_timed: bool, work: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
        let mut counted = Counted { counter: self, begun: is_timed.then(Instant::now), is_done: false };
        let result = work();
        counted.is_done = result.is_ok();
        result
    }

    /// What was counted up to now.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
        }
    }
}

/// Work that goes on, counted when it ends, however it ends.
struct Counted<'a> {
    counter: &'a Counter,
    begun: Option<Instant>,
    is_done: bool,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let count = if self.is_done { &self.counter.done } else { &self.counter.failed };
        count.fetch_add(1, Ordering::Relaxed);
        if let Some(begun) = self.begun {
            // 584 years.
            let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.counter.nanos.fetch_add(nanos, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counter;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn whatever_ends_is_counted() {
        let counter = Counter::default();
        for _ in 0..3 {
            assert_eq!(counter.count(false, || Ok::<_, ()>(7)), Ok(7));
        }
        assert_eq!(counter.count(false, || Err::<(), _>(7)), Err(7));
        let panicking = || counter.count(false, || -> Result<(), ()> { panic!("a backend's mistake") });
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        let tally = counter.tally();
        assert_eq!((tally.done, tally.failed, tally.time), (3, 2, Duration::ZERO));
        counter.count(true, || thread::Builder::new().spawn(|| {})).unwrap().join().unwrap();
        assert!(counter.tally().time > Duration::ZERO);
        assert_eq!(tally.and(tally).done, 6);
    }
}

//! An allocator that counts the bytes of all threads, and fails beyond a bound.
//!
//! What a guest makes a host allocate is to be seen at its highest, whichever thread it is on. And a run that wants
//! everything must not get it, since the machine is needed for the next run: then the allocation fails, and the
//! process ends, which is what it would do a little later.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use test_support::counting::{Counting, Tally};

/// The bytes of all threads: now, at their highest, and how many there may be.
struct Bounded {
    now: AtomicUsize,
    peak: AtomicUsize,
    bound: AtomicUsize,
}

#[global_allocator]
static ALLOCATOR: Counting<Bounded> = Counting(Bounded {
    now: AtomicUsize::new(0),
    peak: AtomicUsize::new(0),
    bound: AtomicUsize::new(usize::MAX),
});

impl Tally for Bounded {
    fn take(&self, bytes: usize) -> bool {
        let now = self.now.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if now > self.bound.load(Relaxed) {
            self.give(bytes);
            return false;
        }
        self.peak.fetch_max(now, Relaxed);
        true
    }

    fn give(&self, bytes: usize) {
        self.now.fetch_sub(bytes, Relaxed);
    }
}

/// The result of `work`, and how much more memory was in use at some time during it than before it. What is more than
/// `most` is refused meanwhile.
pub(crate) fn peak<T>(most: usize, work: impl FnOnce() -> T) -> (T, usize) {
    let Counting(Bounded { now, peak, bound }) = &ALLOCATOR;
    let before = now.load(Relaxed);
    peak.store(before, Relaxed);
    bound.store(before.saturating_add(most), Relaxed);
    let result = work();
    bound.store(usize::MAX, Relaxed);
    (result, peak.load(Relaxed).saturating_sub(before))
}

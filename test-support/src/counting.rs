//! An allocator that counts, so that tests see what code takes.
//!
//! ```
//! use test_support::counting::{Counting, PerThread, peak};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting<PerThread> = Counting(PerThread);
//!
//! let (bytes, taken) = peak(|| vec![0_u8; 4096]);
//! assert_eq!((bytes.len(), taken), (4096, 4096));
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, and the tally of what is taken from it.
pub struct Counting<T>(pub T);

/// What hears of every allocation. It must not allocate.
pub trait Tally: Sync {
    /// Some bytes are asked for. The allocation fails if they are not granted.
    fn take(&self, bytes: usize) -> bool;

    /// Some bytes that were granted are free again.
    fn give(&self, bytes: usize);
}

// SAFETY: every method hands its arguments to the system's allocator unchanged and returns what that returns, or null,
// which says that there is no memory, so its guarantees are those of the system's; tallies allocate nothing.
unsafe impl<T: Tally> GlobalAlloc for Counting<T> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.0.take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !self.0.take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        self.0.give(layout.size());
        // SAFETY: as above; the pointer came from the system's allocator.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !self.0.take(new_size) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above; the pointer came from the system's allocator.
        let moved = unsafe { System.realloc(ptr, layout, new_size) };
        self.0.give(if moved.is_null() { new_size } else { layout.size() });
        moved
    }
}

/// The tally of each thread by itself, since others allocate meanwhile. It grants everything.
pub struct PerThread;

thread_local! {
    // What is constant and needs no dropping takes no allocation of its own.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

impl Tally for PerThread {
    fn take(&self, bytes: usize) -> bool {
        NOW.set(NOW.get().wrapping_add_unsigned(bytes));
        PEAK.set(PEAK.get().max(NOW.get()));
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        true
    }

    fn give(&self, bytes: usize) {
        NOW.set(NOW.get().wrapping_sub_unsigned(bytes));
    }
}

/// The result of `work`, and how many bytes more were in use at some time during it than before it, as [`PerThread`] has
/// them.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let result = work();
    (result, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

/// How many bytes this thread has taken and not given back, as [`PerThread`] has them: less than none where it frees what
/// others have taken.
#[must_use]
pub fn in_use() -> isize {
    NOW.get()
}

/// How often this thread has taken memory, as [`PerThread`] has it.
#[must_use]
pub fn allocations() -> usize {
    ALLOCATIONS.get()
}

/// Fails unless this program's allocator is one with [`PerThread`].
pub fn assert_counted() {
    let (kept, peak_of_two) = peak(|| {
        drop(std::hint::black_box(vec![0_u8; 1 << 20]));
        std::hint::black_box(vec![0_u8; 1 << 19])
    });
    assert_eq!(kept.len(), 1 << 19);
    let (before, often) = (in_use(), allocations());
    drop(kept);
    assert_eq!((before - in_use(), allocations()), (1 << 19, often));
    assert!((1 << 20..1 << 21).contains(&peak_of_two), "{peak_of_two}");
}

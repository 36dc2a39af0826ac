//! An allocator that counts the bytes of all threads, and fails beyond a bound.
//!
//! What a guest makes a host allocate is to be seen at its highest, whichever thread it is on. And a run that wants
//! everything must not get it, since the machine is needed for the next run: then the allocation fails, and the
//! process ends, which is what it would do a little later.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static BOUND: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Counts some bytes, unless they are too many.
fn took(bytes: usize) -> bool {
    let now = NOW.fetch_add(bytes, Relaxed).saturating_add(bytes);
    if now > BOUND.load(Relaxed) {
        gave(bytes);
        return false;
    }
    PEAK.fetch_max(now, Relaxed);
    true
}

fn gave(bytes: usize) {
    NOW.fetch_sub(bytes, Relaxed);
}

// SAFETY: every method hands its arguments to the system's allocator unchanged and returns what that returns, or
// null, which says that there is no memory; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !took(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !took(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: as above; the pointer came from the system's allocator.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !took(new_size) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above; the pointer came from the system's allocator.
        let moved = unsafe { System.realloc(ptr, layout, new_size) };
        gave(if moved.is_null() { new_size } else { layout.size() });
        moved
    }
}

/// The result of `work`, and how much more memory was in use at some time during it than before it. What is more than
/// `most` is refused meanwhile.
pub(crate) fn peak<T>(most: usize, work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    BOUND.store(before.saturating_add(most), Relaxed);
    let result = work();
    BOUND.store(usize::MAX, Relaxed);
    (result, PEAK.load(Relaxed).saturating_sub(before))
}

//! An allocator that counts, so that tests see what a call takes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    // Each thread has its own count, since others allocate meanwhile. What is constant and needs no
    // dropping takes no allocation of its own.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn change(bytes: isize) {
    NOW.set(NOW.get() + bytes);
    PEAK.set(PEAK.get().max(NOW.get()));
}

fn took(bytes: usize) {
    change(bytes.cast_signed());
}

fn gave(bytes: usize) {
    change(-bytes.cast_signed());
}

// SAFETY: every method hands its arguments to the system's allocator unchanged and returns what that
// returns, so its guarantees are those of the system's; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: as above; the pointer came from the system's allocator.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        took(new_size);
        gave(layout.size());
        // SAFETY: as above; the pointer came from the system's allocator.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

/// The result of `work`, and how much more memory was in use at some time during it than before it.
pub(crate) fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let result = work();
    (result, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

#[test]
fn the_allocator_counts() {
    let (kept, peak_of_two) = peak(|| {
        drop(std::hint::black_box(vec![0_u8; 1 << 20]));
        std::hint::black_box(vec![0_u8; 1 << 19])
    });
    assert_eq!(kept.len(), 1 << 19);
    assert!((1 << 20..1 << 21).contains(&peak_of_two), "{peak_of_two}");
}

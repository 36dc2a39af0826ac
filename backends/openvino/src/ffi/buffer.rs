//! Memory for inputs whose shape is open: aligned for vector instructions, and grown but never shrunk.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use wasi_nn::{Error, ErrorKind};

/// A cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// Bytes that are reached through their address only, since the library holds it too.
pub(super) struct Buffer {
    pointer: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory belongs to the buffer, and is reached through the request that owns it only (unshared).
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// At least `len` zeroes, or an error if there is no memory for them.
    pub(super) fn zeroed(len: usize) -> Result<Self, Error> {
        let full = || Error::new(ErrorKind::TooLarge, format!("no memory for a tensor of {len} bytes"));
        let layout = Layout::from_size_align(len.max(1), ALIGNMENT).map_err(|_| full())?;
        // SAFETY: the layout is not empty.
        let pointer = unsafe { alloc_zeroed(layout) };
        Ok(Buffer { pointer: NonNull::new(pointer).ok_or_else(full)?, layout })
    }

    pub(super) fn capacity(&self) -> usize {
        self.layout.size()
    }

    pub(super) fn pointer(&self) -> NonNull<u8> {
        self.pointer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: allocated with the same layout; the library's objects that know the address are gone, or are
        // never asked to compute again (outlived).
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) };
    }
}

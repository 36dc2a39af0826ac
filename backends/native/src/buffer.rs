//! Memory for tensors that a native library is given by address: aligned for vector instructions, and reached by whoever owns
//! the buffer only. The crate's one module with unsafe code.
#![expect(unsafe_code, reason = "a library is given addresses, which no reference can stand for")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use wasi_nn::{Error, ErrorKind};

/// A cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// Bytes that are reached through their address only, since the library holds it too.
///
/// The owner sees to it that nobody uses the address any more when the buffer is dropped.
#[derive(Debug)]
pub struct Buffer {
    pointer: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory belongs to the buffer, which gives out nothing but its address.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// At least `len` zeroes, in bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] if there is no memory for them.
    pub fn zeroed(len: usize) -> Result<Self, Error> {
        let full = || Error::new(ErrorKind::TooLarge, format!("no memory for a tensor of {len} bytes"));
        let layout = Layout::from_size_align(len.max(1), ALIGNMENT).map_err(|_| full())?;
        // SAFETY: the layout is not empty.
        let pointer = unsafe { alloc_zeroed(layout) };
        Ok(Buffer { pointer: NonNull::new(pointer).ok_or_else(full)?, layout })
    }

    /// How many bytes there are, at least one.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.layout.size()
    }

    /// Where they are.
    #[must_use]
    pub fn pointer(&self) -> NonNull<u8> {
        self.pointer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: allocated with the same layout, and nobody uses the address any more, as the owner sees to.
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) };
    }
}

//! Shared linear memory as atomic bytes: the crate's one module with unsafe code.
#![allow(unsafe_code, reason = "Wasmtime hands out a shared memory as `&[UnsafeCell<u8>]` only")]

use std::cell::UnsafeCell;
use std::sync::atomic::AtomicU8;
use wasi_policy::Memory;
use wasmtime::SharedMemory;

/// A memory that guest threads may change at any time.
#[derive(Clone, Debug)]
pub(crate) struct SharedBytes(SharedMemory);

impl SharedBytes {
    pub(crate) fn new(memory: SharedMemory) -> Self {
        SharedBytes(memory)
    }

    /// Lends the memory, in its size of now, as atomic bytes.
    pub(crate) fn lend(&self) -> Memory<'_> {
        Memory::shared(atomics(self.0.data()))
    }
}

fn atomics(cells: &[UnsafeCell<u8>]) -> &[AtomicU8] {
    // SAFETY: `UnsafeCell<u8>` and `AtomicU8` both have the size, alignment and bit validity of `u8`, so
    // the slice has the same layout. The host touches these bytes only through the atomics made here; the
    // other accesses are those of compiled guest code, which WebAssembly defines to be at least as strong
    // as relaxed atomics on bytes, so no access is a data race.
    unsafe { std::slice::from_raw_parts(cells.as_ptr().cast(), cells.len()) }
}

//! The linear memory of a guest, for host functions to read and write.
//!
//! One type stands for a plain linear memory, for one that guest threads share, for one that an engine lends no slice
//! of, and for a guest that has none that could be used. Pointers are guest numbers: any `u32`, aligned or not. All arithmetic is
//! checked, values are little endian, and a span that leaves the memory is a [`MemoryFault`].

mod fault;

pub use fault::MemoryFault;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// The linear memory of the guest that makes a call.
#[derive(Debug)]
pub struct Memory<'a>(Repr<'a>);

enum Repr<'a> {
    Plain(&'a mut [u8]),
    Shared(&'a [AtomicU8]),
    Copied(&'a mut dyn LinearMemory),
    Unusable(MemoryFault),
}

impl fmt::Debug for Repr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Repr::Plain(bytes) => write!(f, "plain memory of {} bytes", bytes.len()),
            Repr::Shared(bytes) => write!(f, "shared memory of {} bytes", bytes.len()),
            Repr::Copied(memory) => write!(f, "copied memory of {} bytes", memory.size()),
            Repr::Unusable(fault) => write!(f, "no usable memory: {fault}"),
        }
    }
}

/// A memory that its engine lends no slice of: its bytes are copied out and in.
///
/// [`Memory`] checks spans before it asks, so a request that the memory refuses all the same is a fault of the engine's;
/// the guest sees it as a [`MemoryFault::OutOfBounds`].
pub trait LinearMemory {
    /// The size of now, in bytes.
    fn size(&self) -> u64;

    /// Copies the bytes from `start` on into all of `out`. Gives `false` if they are not there.
    fn read(&self, start: usize, out: &mut [u8]) -> bool;

    /// Copies all of `data` to `start`. Gives `false`, and writes nothing, if it does not fit.
    fn write(&mut self, start: usize, data: &[u8]) -> bool;
}

/// An offset or a length on its way from the guest into a slice index.
///
/// The crate refuses to compile where a `u32` does not fit a `usize`, so that this is never a loss.
#[expect(clippy::as_conversions, reason = "the assertion below makes it lossless")]
const fn index(value: u32) -> usize {
    const { assert!(usize::BITS >= u32::BITS, "guest addresses must fit a usize") };
    value as usize
}

/// Checks that `len` bytes at `ptr` lie inside `size` bytes.
#[inline]
fn check(size: u64, ptr: u32, len: u64) -> Result<(), MemoryFault> {
    match u64::from(ptr).checked_add(len) {
        Some(end) if end <= size => Ok(()),
        _ => Err(MemoryFault::OutOfBounds { ptr, len, size }),
    }
}

fn fits(memory: &dyn LinearMemory, ptr: u32, len: usize) -> bool {
    check(memory.size(), ptr, u64::try_from(len).unwrap_or(u64::MAX)).is_ok()
}

impl<'a> Memory<'a> {
    /// A memory that only this call can reach.
    #[must_use]
    pub fn plain(bytes: &'a mut [u8]) -> Self {
        Memory(Repr::Plain(bytes))
    }

    /// A memory that guest threads may change at any time.
    #[must_use]
    pub fn shared(bytes: &'a [AtomicU8]) -> Self {
        Memory(Repr::Shared(bytes))
    }

    /// A memory whose bytes the engine copies. Like a shared one, it has no bytes that could be borrowed.
    #[must_use]
    pub fn copied(memory: &'a mut dyn LinearMemory) -> Self {
        Memory(Repr::Copied(memory))
    }

    /// A memory that cannot be used: every access gives `fault`.
    #[must_use]
    pub fn unusable(fault: MemoryFault) -> Self {
        Memory(Repr::Unusable(fault))
    }

    /// The size of now, in bytes.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if there is no memory that could be used.
    #[inline]
    pub fn size(&self) -> Result<u64, MemoryFault> {
        let size = match &self.0 {
            Repr::Plain(bytes) => bytes.len(),
            Repr::Shared(bytes) => bytes.len(),
            Repr::Copied(memory) => return Ok(memory.size()),
            Repr::Unusable(fault) => return Err(*fault),
        };
        Ok(u64::try_from(size).unwrap_or(u64::MAX))
    }

    /// Checks that `len` bytes at `ptr` lie inside the memory; an empty span must start inside or at the end.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if they do not.
    #[inline]
    pub fn check(&self, ptr: u32, len: u64) -> Result<(), MemoryFault> {
        check(self.size()?, ptr, len)
    }

    /// Reads `N` bytes at `ptr`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if they leave the memory.
    #[inline]
    pub fn read<const N: usize>(&self, ptr: u32) -> Result<[u8; N], MemoryFault> {
        let start = index(ptr);
        match &self.0 {
            Repr::Plain(bytes) => {
                if let Some(found) = bytes.get(start..).and_then(|rest| rest.first_chunk()) {
                    return Ok(*found);
                }
            }
            Repr::Shared(bytes) => {
                if let Some(found) = bytes.get(start..).and_then(|rest| rest.first_chunk::<N>()) {
                    return Ok(std::array::from_fn(|i| {
                        found.get(i).map_or(0, |byte| byte.load(Ordering::Relaxed))
                    }));
                }
            }
            Repr::Copied(_) => {
                let mut out = [0; N];
                return self.read_slice(ptr, &mut out).map(|()| out);
            }
            Repr::Unusable(_) => {}
        }
        Err(self.fault(ptr, N))
    }

    /// Writes `N` bytes at `ptr`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if they leave the memory; then nothing is written.
    #[inline]
    pub fn write<const N: usize>(&mut self, ptr: u32, value: &[u8; N]) -> Result<(), MemoryFault> {
        if let Repr::Plain(bytes) = &mut self.0 {
            if let Some(place) = bytes.get_mut(index(ptr)..).and_then(|rest| rest.first_chunk_mut()) {
                *place = *value;
                return Ok(());
            }
        }
        self.write_slice(ptr, value)
    }

    /// Copies the bytes at `ptr` into all of `out`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if they leave the memory; then `out` is unchanged.
    pub fn read_slice(&self, ptr: u32, out: &mut [u8]) -> Result<(), MemoryFault> {
        let span = index(ptr)..index(ptr).saturating_add(out.len());
        match &self.0 {
            Repr::Plain(bytes) => {
                if let Some(found) = bytes.get(span) {
                    out.copy_from_slice(found);
                    return Ok(());
                }
            }
            Repr::Shared(bytes) => {
                if let Some(found) = bytes.get(span) {
                    for (to, from) in out.iter_mut().zip(found) {
                        *to = from.load(Ordering::Relaxed);
                    }
                    return Ok(());
                }
            }
            Repr::Copied(memory) => {
                if fits(&**memory, ptr, out.len()) && memory.read(index(ptr), out) {
                    return Ok(());
                }
            }
            Repr::Unusable(_) => {}
        }
        Err(self.fault(ptr, out.len()))
    }

    /// Copies all of `data` to `ptr`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it does not fit the memory; then nothing is written.
    pub fn write_slice(&mut self, ptr: u32, data: &[u8]) -> Result<(), MemoryFault> {
        let span = index(ptr)..index(ptr).saturating_add(data.len());
        match &mut self.0 {
            Repr::Plain(bytes) => {
                if let Some(place) = bytes.get_mut(span) {
                    place.copy_from_slice(data);
                    return Ok(());
                }
            }
            Repr::Shared(bytes) => {
                if let Some(place) = bytes.get(span) {
                    for (to, from) in place.iter().zip(data) {
                        to.store(*from, Ordering::Relaxed);
                    }
                    return Ok(());
                }
            }
            Repr::Copied(memory) => {
                if fits(&**memory, ptr, data.len()) && memory.write(index(ptr), data) {
                    return Ok(());
                }
            }
            Repr::Unusable(_) => {}
        }
        Err(self.fault(ptr, data.len()))
    }

    /// The `len` bytes at `ptr`: borrowed from a plain memory, copied out of any other.
    ///
    /// A caller must bound `len` first, since it sizes an allocation where bytes are copied.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if they leave the memory.
    #[inline]
    pub fn bytes(&self, ptr: u32, len: u32) -> Result<Cow<'_, [u8]>, MemoryFault> {
        if let Some(found) = self.span(ptr, len) {
            return Ok(Cow::Borrowed(found));
        }
        self.check(ptr, len.into())?;
        let mut copy = vec![0; index(len)];
        self.read_slice(ptr, &mut copy)?;
        Ok(Cow::Owned(copy))
    }

    /// The text in the `len` bytes at `ptr`: borrowed or copied as by [`bytes`](Self::bytes), whose bound holds here too.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if they leave the memory, or are not UTF-8.
    pub fn text(&self, ptr: u32, len: u32) -> Result<Cow<'_, str>, MemoryFault> {
        let text = match self.bytes(ptr, len)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        };
        text.ok_or(MemoryFault::NotText { ptr, len })
    }

    /// The `len` bytes at `ptr` of a plain memory, in place; `None` for any other, and for a
    /// span that leaves the memory.
    #[inline]
    #[must_use]
    pub fn span(&self, ptr: u32, len: u32) -> Option<&[u8]> {
        let span = index(ptr)..index(ptr).saturating_add(index(len));
        self.as_plain()?.get(span)
    }

    /// The `len` bytes at `ptr` of a plain memory, to be changed in place; `None` for any
    /// other, and for a span that leaves the memory.
    #[inline]
    #[must_use]
    pub fn span_mut(&mut self, ptr: u32, len: u32) -> Option<&mut [u8]> {
        let span = index(ptr)..index(ptr).saturating_add(index(len));
        self.as_plain_mut()?.get_mut(span)
    }

    /// All bytes of a plain memory; `None` for any other, since its bytes cannot be borrowed.
    #[inline]
    #[must_use]
    pub fn as_plain(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Plain(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// All bytes of a plain memory, to be changed; `None` for any other.
    #[inline]
    #[must_use]
    pub fn as_plain_mut(&mut self) -> Option<&mut [u8]> {
        match &mut self.0 {
            Repr::Plain(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Reads a byte.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory; so do the other typed accesses.
    #[inline]
    pub fn read_u8(&self, ptr: u32) -> Result<u8, MemoryFault> {
        self.read(ptr).map(u8::from_le_bytes)
    }

    /// Reads a little-endian `u16`. See [`read_u8`](Self::read_u8) for errors.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn read_u16(&self, ptr: u32) -> Result<u16, MemoryFault> {
        self.read(ptr).map(u16::from_le_bytes)
    }

    /// Reads a little-endian `u32`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn read_u32(&self, ptr: u32) -> Result<u32, MemoryFault> {
        self.read(ptr).map(u32::from_le_bytes)
    }

    /// Reads a little-endian `u64`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn read_u64(&self, ptr: u32) -> Result<u64, MemoryFault> {
        self.read(ptr).map(u64::from_le_bytes)
    }

    /// Writes a byte.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn write_u8(&mut self, ptr: u32, value: u8) -> Result<(), MemoryFault> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a little-endian `u16`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn write_u16(&mut self, ptr: u32, value: u16) -> Result<(), MemoryFault> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a little-endian `u32`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), MemoryFault> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a little-endian `u64`.
    ///
    /// # Errors
    ///
    /// [`MemoryFault`] if it leaves the memory.
    #[inline]
    pub fn write_u64(&mut self, ptr: u32, value: u64) -> Result<(), MemoryFault> {
        self.write(ptr, &value.to_le_bytes())
    }

    #[cold]
    fn fault(&self, ptr: u32, len: usize) -> MemoryFault {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        match self.check(ptr, len) {
            Err(fault) => fault,
            // Only reached if an access and `check` disagreed; then the access is the one to believe.
            Ok(()) => MemoryFault::OutOfBounds { ptr, len, size: 0 },
        }
    }
}

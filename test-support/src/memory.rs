//! The memory of a guest that is made of bytes.

use std::fmt::Display;
use std::ops::{Deref, DerefMut, Range};
use std::sync::atomic::AtomicU8;
use wasi_policy::{Memory, MemoryFault};

/// The bytes of a memory: one page, as engines have them.
pub const SIZE: u32 = 65_536;

/// What untouched memory is full of.
pub const MASK: u8 = b'?';

/// How calls see the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As one that only the guest changes.
    Plain,
    /// As one that other threads could change.
    Shared,
    /// Not at all.
    Unusable(MemoryFault),
}

/// The bytes of a guest's memory, full of [`MASK`] at first, and how calls see them.
pub struct GuestMemory {
    bytes: Vec<u8>,
    /// How the next call sees them.
    pub view: View,
}

impl GuestMemory {
    /// A plain memory of [`SIZE`] bytes.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default would say less than its name")]
    pub fn new() -> Self {
        GuestMemory { bytes: vec![MASK; SIZE as usize], view: View::Plain }
    }

    /// Fills it with the mask again.
    pub fn mask(&mut self) {
        self.bytes.fill(MASK);
    }

    /// Puts bytes in, and gives their address and length.
    pub fn put(&mut self, at: u32, bytes: impl AsRef<[u8]>) -> (u32, u32) {
        let bytes = bytes.as_ref();
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
        (at, u32::try_from(bytes.len()).unwrap())
    }

    /// Puts words in, and gives their address and number.
    pub fn put_words(&mut self, at: u32, words: &[u32]) -> (u32, u32) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.put(at, bytes);
        (at, u32::try_from(words.len()).unwrap())
    }

    /// The `len` bytes at an address.
    #[must_use]
    pub fn bytes(&self, at: u32, len: u32) -> &[u8] {
        &self.bytes[at as usize..][..len as usize]
    }

    /// The 16 bits at an address.
    #[must_use]
    pub fn u16(&self, at: u32) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap())
    }

    /// The 32 bits at an address.
    #[must_use]
    pub fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    /// The 64 bits at an address.
    #[must_use]
    pub fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Lends the memory to a call, as [`view`](Self::view) says.
    pub fn lend<T>(&mut self, call: impl FnOnce(Memory<'_>) -> T) -> T {
        match self.view {
            View::Plain => call(Memory::plain(&mut self.bytes)),
            View::Unusable(fault) => call(Memory::unusable(fault)),
            View::Shared => {
                let cells: Vec<_> = self.bytes.iter().copied().map(AtomicU8::new).collect();
                let result = call(Memory::shared(&cells));
                self.bytes = cells.into_iter().map(AtomicU8::into_inner).collect();
                result
            }
        }
    }

    /// Fails, and says what `call` did and where, unless the memory is as expected. Within `free` it may be otherwise.
    ///
    /// # Panics
    ///
    /// If it is otherwise elsewhere.
    pub fn assert_is(&self, expected: &[u8], free: Range<u32>, call: impl Display) {
        let free = free.start as usize..free.end as usize;
        let is_as_expected = self.bytes.len() == expected.len()
            && self.bytes[..free.start] == expected[..free.start]
            && self.bytes[free.end..] == expected[free.end..];
        assert!(is_as_expected, "{call}, and wrote {}", self.diff(expected));
    }

    /// Where the memory differs from another, for messages.
    fn diff(&self, other: &[u8]) -> String {
        let differing = self.bytes.iter().zip(other).enumerate().filter(|(_, (a, b))| a != b);
        let shown = differing.take(80).map(|(at, (is, was))| format!("[{at:#x}] {is:#04x} not {was:#04x}"));
        shown.collect::<Vec<_>>().join(", ")
    }
}

impl Deref for GuestMemory {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for GuestMemory {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::GuestMemory;
    use std::panic::catch_unwind;

    #[test]
    fn a_write_is_seen_wherever_it_was_not_allowed() {
        let mut memory = GuestMemory::new();
        let before = memory.to_vec();
        memory.put(8, [1; 4]);
        memory.assert_is(&before, 8..12, "it gave what is too large");
        for free in [0..0, 8..11, 9..12] {
            let failed = catch_unwind(|| memory.assert_is(&before, free, "it failed")).unwrap_err();
            let message = failed.downcast_ref::<String>().unwrap();
            assert!(message.starts_with("it failed, and wrote [0x8] 0x01 not 0x3f"), "{message}");
        }
        let shorter = &before[1..];
        assert!(catch_unwind(|| memory.assert_is(shorter, 0..0, "it grew")).is_err());
    }
}

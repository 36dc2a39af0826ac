//! Arguments and environment, encoded once into the form in which guests fetch them.

use crate::errno::Errno;
use crate::error::Result;
use wasi_policy::Memory;

/// A list of NUL-terminated strings.
#[derive(Default)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    /// Where each string starts.
    offsets: Vec<u32>,
}

impl Strings {
    /// Encodes `strings`, none of which contains a NUL; `None` if a guest could not address them all.
    pub(crate) fn encode<'a>(strings: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut encoded = Strings::default();
        for string in strings {
            encoded.offsets.push(u32::try_from(encoded.bytes.len()).ok()?);
            encoded.bytes.extend_from_slice(string.as_bytes());
            encoded.bytes.push(0);
        }
        let pointers = encoded.offsets.len().checked_mul(4)?;
        u32::try_from(encoded.bytes.len().checked_add(pointers)?).ok().map(|_| encoded)
    }

    /// Writes how many strings there are, and how many bytes they take.
    pub(crate) fn sizes(&self, memory: &mut Memory<'_>, count: u32, size: u32) -> Result {
        memory.check(size, 4)?;
        memory.write_u32(count, len(&self.offsets)?)?;
        Ok(memory.write_u32(size, len(&self.bytes)?)?)
    }

    /// Writes the strings to `buffer` and a pointer to each of them to `pointers`.
    pub(crate) fn get(&self, memory: &mut Memory<'_>, pointers: u32, buffer: u32) -> Result {
        memory.check(pointers, u64::from(len(&self.offsets)?).saturating_mul(4))?;
        memory.write_slice(buffer, &self.bytes)?;
        let mut slot = pointers;
        for offset in &self.offsets {
            // The buffer was just written, so neither sum can leave the memory.
            memory.write_u32(slot, buffer.saturating_add(*offset))?;
            slot = slot.saturating_add(4);
        }
        Ok(())
    }
}

fn len<T>(items: &[T]) -> Result<u32, Errno> {
    u32::try_from(items.len()).map_err(|_| Errno::Overflow)
}

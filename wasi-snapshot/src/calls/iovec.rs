//! Scatter and gather: transfers between files and lists of buffers in guest memory.
//!
//! Guests may pass lists that are long, full of empty buffers, overlapping, or add up to more than 32
//! bits. Plain memories are transferred in place, a chunk of buffers with each system call; only buffers
//! that overlap go one by one, since two of them must never be borrowed for writing at once. Shared
//! memories go through a small buffer, since other threads may write to them meanwhile.
//!
//! A chunk is never more than one system call can take, so one that comes back short is short for a reason
//! of the file's. Between two of them, somebody may end the guest.

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::guest::limits::Limits;
use crate::sys::interrupt::Interrupt;
use std::io::{IoSlice, IoSliceMut};
use std::ops::Range;
use wasi_policy::Memory;

/// Buffers that go into one system call. Programs rarely pass more than two; eight let all of C's and
/// Rust's own buffered writers through in one.
const CHUNK: usize = 8;

/// What goes through the host at once for shared memories.
const BOUNCE: u32 = 64 * 1024;

/// Bytes between two looks at the interrupt, if anybody could interrupt: less than a millisecond's worth of memory, and
/// ten of a slow disk.
const PIECE: u32 = 1 << 20;

/// A list of buffers: `iovec_array` and `ciovec_array` of the witx, which look the same.
#[derive(Clone, Copy)]
pub(super) struct Iovecs<'a> {
    at: u32,
    len: u32,
    /// What of the first buffer has been transferred.
    done: u32,
    /// Bytes that may still be transferred.
    room: u32,
    /// Bytes that go into one chunk.
    piece: u32,
    interrupt: &'a Interrupt,
}

/// Does a transfer go on after a full chunk?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    /// Yes: there is more at once, as in files.
    All,
    /// No: more might have to be waited for, while what has come would be held back.
    Some,
}

/// A chunk of buffers, as places in memory.
struct Chunk {
    spans: [Range<usize>; CHUNK],
    used: usize,
    bytes: usize,
}

impl<'a> Iovecs<'a> {
    /// Checks a list and every buffer in it against the memory.
    ///
    /// # Errors
    ///
    /// A trap if part of it lies outside.
    pub(super) fn decode(
        memory: &Memory<'_>,
        at: u32,
        len: u32,
        limits: &Limits,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        memory.check(at, u64::from(len).saturating_mul(8))?;
        let len = len.min(limits.max_iovecs);
        let piece = match (memory.as_plain(), interrupt.is_armed()) {
            (None, _) => BOUNCE,
            (Some(_), true) => PIECE,
            (Some(_), false) => u32::MAX,
        };
        let list = Iovecs { at, len, done: 0, room: limits.max_transfer, piece, interrupt };
        for index in 0..len {
            let (ptr, len) = list.get(memory, index)?;
            memory.check(ptr, len.into())?;
        }
        Ok(list)
    }

    /// Lets at most `room` bytes through.
    #[inline]
    pub(super) fn cap(mut self, room: u64) -> Self {
        self.room = self.room.min(u32::try_from(room).unwrap_or(u32::MAX));
        self
    }

    fn get(&self, memory: &Memory<'_>, index: u32) -> Result<(u32, u32)> {
        let word = memory.read_u64(self.at.saturating_add(index.saturating_mul(8)))?;
        Ok((low(word), low(word >> 32)))
    }

    /// The only buffer of a list of one, if it is not empty: by far the most frequent list, which needs no
    /// chunks.
    #[inline]
    fn single(&self, memory: &Memory<'_>) -> Result<Option<(u32, u32)>> {
        if self.len != 1 {
            return Ok(None);
        }
        let (ptr, len) = self.get(memory, 0)?;
        let len = len.min(self.room);
        Ok((1..=self.piece).contains(&len).then_some((ptr, len)))
    }

    /// Takes the next buffers that are not empty, at most `CHUNK` and no more bytes than are left, and than fit a piece.
    /// Of a shared memory it is a single one, or a part of it.
    fn next_chunk(&mut self, memory: &Memory<'_>) -> Result<Chunk> {
        let mut chunk = Chunk { spans: [const { 0..0 }; CHUNK], used: 0, bytes: 0 };
        let most = if memory.as_plain().is_some() { CHUNK } else { 1 };
        let mut piece = self.piece;
        while self.len > 0 && self.room > 0 && piece > 0 && chunk.used < most {
            let Some(span) = chunk.spans.get_mut(chunk.used) else { break };
            let (ptr, len) = self.get(memory, 0)?;
            let rest = len.saturating_sub(self.done);
            let start = ptr.saturating_add(self.done);
            let len = rest.min(self.room).min(piece);
            if len == rest {
                self.at = self.at.saturating_add(8);
                self.len -= 1;
                self.done = 0;
            } else {
                self.done = self.done.saturating_add(len);
            }
            if len == 0 {
                continue;
            }
            self.room -= len;
            piece -= len;
            let start = usize::try_from(start).map_err(|_| Errno::Overflow)?;
            let len = usize::try_from(len).map_err(|_| Errno::Overflow)?;
            *span = start..start.saturating_add(len);
            chunk.used += 1;
            chunk.bytes = chunk.bytes.saturating_add(len);
        }
        Ok(chunk)
    }

    /// Reads into the buffers with `read`, and gives the number of bytes.
    pub(super) fn fill(
        mut self,
        memory: &mut Memory<'_>,
        greed: Greed,
        mut read: impl FnMut(&mut [IoSliceMut<'_>]) -> Result<usize>,
    ) -> Result<u32> {
        if let Some((ptr, len)) = self.single(memory)? {
            if let Some(buffer) = memory.span_mut(ptr, len) {
                return count(read(&mut [IoSliceMut::new(buffer)])?);
            }
        }
        let mut bounce = Vec::new();
        self.transfer(memory, greed, |memory, chunk| match memory.as_plain_mut() {
            Some(bytes) => chunk.fill_plain(bytes, greed, &mut read),
            None => chunk.fill_shared(memory, &mut bounce, &mut read),
        })
    }

    /// Writes from the buffers with `write`, and gives the number of bytes.
    pub(super) fn drain(
        mut self,
        memory: &mut Memory<'_>,
        mut write: impl FnMut(&[IoSlice<'_>]) -> Result<usize>,
    ) -> Result<u32> {
        if let Some((ptr, len)) = self.single(memory)? {
            if let Some(buffer) = memory.span(ptr, len) {
                return count(write(&[IoSlice::new(buffer)])?);
            }
        }
        let mut bounce = Vec::new();
        self.transfer(memory, Greed::All, |memory, chunk| match memory.as_plain() {
            Some(bytes) => chunk.drain_plain(bytes, &mut write),
            None => chunk.drain_shared(memory, &mut bounce, &mut write),
        })
    }

    /// Transfers chunk after chunk until one is short. What was transferred before an error is not lost:
    /// the guest gets the count now, and the error when it goes on. An interrupt ends it in between.
    fn transfer(
        &mut self,
        memory: &mut Memory<'_>,
        greed: Greed,
        mut one: impl FnMut(&mut Memory<'_>, &Chunk) -> Result<usize>,
    ) -> Result<u32> {
        let (mut total, mut looked) = (0usize, 0usize);
        let piece = usize::try_from(PIECE).map_err(|_| Errno::Overflow)?;
        loop {
            let chunk = self.next_chunk(memory)?;
            if chunk.used == 0 {
                break;
            }
            if total.saturating_sub(looked).saturating_add(chunk.bytes) > piece && total > 0 {
                self.interrupt.check()?;
                looked = total;
            }
            match one(memory, &chunk) {
                Ok(bytes) => {
                    total = total.saturating_add(bytes);
                    if bytes < chunk.bytes || greed == Greed::Some {
                        break;
                    }
                }
                Err(Error::Errno(_)) if total > 0 => break,
                Err(error) => return Err(error),
            }
        }
        count(total)
    }
}

impl Chunk {
    fn spans(&self) -> &[Range<usize>] {
        self.spans.get(..self.used).unwrap_or_default()
    }

    fn fill_plain(
        &self,
        bytes: &mut [u8],
        greed: Greed,
        read: &mut impl FnMut(&mut [IoSliceMut<'_>]) -> Result<usize>,
    ) -> Result<usize> {
        if let [span] = self.spans() {
            return match bytes.get_mut(span.clone()) {
                Some(buffer) => read(&mut [IoSliceMut::new(buffer)]),
                None => Err(Errno::Fault.into()),
            };
        }
        if let Some(mut buffers) = self.disjoint(bytes) {
            return read(buffers.get_mut(..self.used).unwrap_or_default());
        }
        // Overlapping: one after the other, as the system does.
        let mut total = 0usize;
        for span in self.spans() {
            let buffer = bytes.get_mut(span.clone()).ok_or(Errno::Fault)?;
            match read(&mut [IoSliceMut::new(buffer)]) {
                Ok(count) => {
                    total = total.saturating_add(count);
                    if count < span.len() || greed == Greed::Some {
                        break;
                    }
                }
                Err(Error::Errno(_)) if total > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    /// All spans at once, unless two overlap. The unused ones are empty, and overlap with nothing.
    fn disjoint<'b>(&self, bytes: &'b mut [u8]) -> Option<[IoSliceMut<'b>; CHUNK]> {
        let mut by_place: [usize; CHUNK] = std::array::from_fn(|index| index);
        by_place.sort_unstable_by_key(|index| self.spans.get(*index).map(|span| span.start));
        let mut buffers = [(); CHUNK].map(|()| IoSliceMut::new(&mut []));
        let (mut rest, mut end) = (bytes, 0);
        for index in by_place {
            let span = self.spans.get(index)?;
            let (_, from_start) = rest.split_at_mut_checked(span.start.checked_sub(end)?)?;
            let (buffer, from_end) = from_start.split_at_mut_checked(span.len())?;
            *buffers.get_mut(index)? = IoSliceMut::new(buffer);
            (rest, end) = (from_end, span.end);
        }
        Some(buffers)
    }

    fn drain_plain(
        &self,
        bytes: &[u8],
        write: &mut impl FnMut(&[IoSlice<'_>]) -> Result<usize>,
    ) -> Result<usize> {
        let buffers = self.spans.each_ref().map(|span| IoSlice::new(bytes.get(span.clone()).unwrap_or(&[])));
        write(buffers.get(..self.used).unwrap_or_default())
    }

    fn fill_shared(
        &self,
        memory: &mut Memory<'_>,
        bounce: &mut Vec<u8>,
        read: &mut impl FnMut(&mut [IoSliceMut<'_>]) -> Result<usize>,
    ) -> Result<usize> {
        let ptr = self.bounce(bounce)?;
        let count = read(&mut [IoSliceMut::new(bounce)])?;
        memory.write_slice(ptr, bounce.get(..count).unwrap_or(bounce))?;
        Ok(count)
    }

    fn drain_shared(
        &self,
        memory: &mut Memory<'_>,
        bounce: &mut Vec<u8>,
        write: &mut impl FnMut(&[IoSlice<'_>]) -> Result<usize>,
    ) -> Result<usize> {
        let ptr = self.bounce(bounce)?;
        memory.read_slice(ptr, bounce)?;
        write(&[IoSlice::new(bounce)])
    }

    /// Makes a host buffer as long as the guest's, and says where that is.
    fn bounce(&self, bounce: &mut Vec<u8>) -> Result<u32> {
        let first = self.spans().first().cloned().unwrap_or_default();
        bounce.resize(first.len(), 0);
        Ok(u32::try_from(first.start).map_err(|_| Errno::Overflow)?)
    }
}

/// A number of bytes as the guest gets it.
fn count(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| Errno::Overflow.into())
}

/// The low half of a word.
fn low(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).unwrap_or_default()
}

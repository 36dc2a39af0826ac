//! The quotas of bytes and entries that a guest may still write and create.
//!
//! The disk gives whole blocks, and a file with a byte in every block takes all of them. So a guest pays twice: with
//! bytes for what it writes, which is what its programs count, and with room for what the disk takes besides.

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::guest::limits::Limits;

/// What file systems give at least, nearly everywhere.
const BLOCK: u64 = 4096;

/// What a name takes with the file behind it: 255 bytes and their header, twice since large directories are split when
/// they are full, and an inode of some hundred bytes. It is what a directory keeps, too, when a name moves on.
const NAME: u64 = 1024;

/// What a file system notes down for each stretch of a file, in trees whose nodes are half full.
const NOTE: u64 = 64;

/// The room that nobody pays bytes for. It rounds up the sizes of some files and holds some dozen names, so that
/// ordinary programs are counted to the byte; what takes more room than that is paid in bytes.
const FREE_ROOM: u64 = 16 * BLOCK;

/// What one write can take besides its bytes: the rest of its first block and of its last.
const MOST_ROUNDING: u64 = 2 * BLOCK + NOTE;

/// What is left of the quotas over a guest's life.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    bytes: u64,
    free_room: u64,
    entries: u64,
}

/// Blocks of a file that have been paid through one descriptor: a stretch without a gap, which grows while the guest
/// writes on, and is forgotten when it writes elsewhere.
///
/// All blocks from `first` up to the one that `end` is in are paid. A block is paid at least once before the guest
/// has it, and is never two blocks, so what a guest has paid is at least what it has on the disk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stretch {
    /// Where its first block starts.
    first: u64,
    /// Where the bytes end.
    end: u64,
    /// Where the blocks end that have been paid; those that are not reached yet are paid in advance.
    paid: u64,
}

/// What is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// A file without contents, or a second name for one.
    Name,
    /// A directory or a symlink: a name with a block behind it.
    Block,
}

impl Quota {
    pub(crate) fn new(limits: &Limits) -> Self {
        Quota { bytes: limits.max_written_bytes, free_room: FREE_ROOM, entries: limits.max_created_entries }
    }

    pub(crate) fn bytes_left(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn set_bytes_left(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// How many bytes may be written at `start` now, which leaves a `hole` that takes room.
    ///
    /// # Errors
    ///
    /// `dquot` if none may; `nospc` if there is no room for the hole, as memory itself would say.
    #[inline]
    pub(crate) fn room(&self, stretch: &Stretch, start: u64, hole: u64) -> Result<u64, Errno> {
        let bytes = self.bytes.checked_sub(hole).ok_or(Errno::Nospc)?;
        let room = match self.free_room {
            MOST_ROUNDING.. => bytes,
            free => bytes.min(stretch.end_within(start, bytes.saturating_add(free)).saturating_sub(start)),
        };
        if room > 0 { Ok(room) } else { Err(Errno::Dquot) }
    }

    /// Takes what was written at `start`, and the hole that it left.
    #[inline]
    pub(crate) fn spend(&mut self, stretch: &mut Stretch, start: u64, hole: u64, bytes: u64) {
        if bytes > 0 {
            let (after, rounding) = stretch.after(start, bytes);
            *stretch = after;
            self.pay(bytes.saturating_add(hole), rounding);
        }
    }

    fn pay(&mut self, bytes: u64, besides: u64) {
        let free = besides.min(self.free_room);
        self.free_room -= free;
        self.bytes = self.bytes.saturating_sub(bytes.saturating_add(besides - free));
    }

    /// # Errors
    ///
    /// `dquot` if there is not enough left to pay so much.
    fn affords(&self, bytes: u64, besides: u64) -> Result<(), Errno> {
        let all = self.bytes.saturating_add(self.free_room);
        let enough = bytes <= self.bytes && bytes.saturating_add(besides) <= all;
        if enough { Ok(()) } else { Err(Errno::Dquot) }
    }

    /// Makes a file grow, if it does, and counts that.
    ///
    /// The hole takes no disk on most file systems, and what fills it is paid like any other write. It counts all the
    /// same, since it takes all of itself on the others, and in memory.
    ///
    /// # Errors
    ///
    /// `dquot` if it is more than is left, and those of `grow`.
    pub(crate) fn grow(
        &mut self,
        from: u64,
        to: u64,
        grow: impl FnOnce() -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let left = self.bytes.checked_sub(to.saturating_sub(from)).ok_or(Errno::Dquot)?;
        grow()?;
        self.bytes = left;
        Ok(())
    }

    /// Gives a range of a file of `size` bytes room, and counts what of the range has not been paid, or the growth if that
    /// is more.
    ///
    /// # Errors
    ///
    /// `dquot` if it is more than is left, and those of `allocate`.
    pub(crate) fn allocate(
        &mut self,
        stretch: &mut Stretch,
        size: u64,
        (offset, len): (u64, u64),
        allocate: impl FnOnce() -> Result,
    ) -> Result {
        let (after, rounding) = stretch.after(offset, len);
        let end = offset.saturating_add(len);
        let bytes = end.saturating_sub(size).max(end.saturating_sub(offset.max(stretch.from(offset).0.end)));
        self.affords(bytes, rounding)?;
        let allocated = allocate();
        let kept = match &allocated {
            Ok(()) | Err(Error::Trap(_)) => true,
            // A disk that got full on the way keeps what it gave; other errnos come before it gives anything.
            Err(Error::Errno(errno)) => [Errno::Nospc, Errno::Dquot, Errno::Intr, Errno::Io].contains(errno),
        };
        if kept {
            self.pay(bytes, rounding);
        }
        if allocated.is_ok() {
            *stretch = after;
        }
        allocated
    }

    /// Creates something, and counts it.
    ///
    /// # Errors
    ///
    /// `dquot` if nothing more may be created, and those of `create`.
    pub(crate) fn create<T>(
        &mut self,
        what: Created,
        create: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let left = self.entries.checked_sub(1).ok_or(Errno::Dquot)?;
        let takes = match what {
            Created::Name => NAME,
            Created::Block => NAME + BLOCK,
        };
        self.affords(0, takes)?;
        let created = create()?;
        self.pay(0, takes);
        self.entries = left;
        Ok(created)
    }

    /// Renames something, and counts the name: directories do not shrink, so one that a thousand names have passed
    /// through goes on taking what it took with them.
    ///
    /// # Errors
    ///
    /// `dquot` if there is no room for a name, and those of `rename`.
    pub(crate) fn rename(&mut self, rename: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
        self.affords(0, NAME)?;
        rename()?;
        self.pay(0, NAME);
        Ok(())
    }
}

impl Stretch {
    /// Would a write at `start` go on in it, or right behind its last block?
    #[inline]
    pub(crate) fn reaches(&self, start: u64) -> bool {
        (self.first..=up(self.end)).contains(&start)
    }

    /// The stretch that a write at `start` extends, and what it takes to note down that it is another one.
    #[inline]
    fn from(&self, start: u64) -> (Self, u64) {
        if self.reaches(start) {
            return (*self, 0);
        }
        let first = start - start % BLOCK;
        (Stretch { first, end: start, paid: first }, NOTE)
    }

    /// How far a write at `start` can go on blocks that have been paid, or that so much pays for.
    fn end_within(&self, start: u64, left: u64) -> u64 {
        let (from, note) = self.from(start);
        let again = from.end.saturating_sub(start);
        let new = from.paid.saturating_add(left.saturating_sub(note).saturating_sub(again));
        from.paid.min(up(from.end)).max(new - new % BLOCK)
    }

    /// The stretch after so many bytes at `start`, and what is to be paid besides them.
    #[inline]
    fn after(&self, start: u64, bytes: u64) -> (Self, u64) {
        let (from, note) = self.from(start);
        let end = start.saturating_add(bytes);
        let new = end.saturating_sub(start.max(from.end));
        let (end, paid) = (end.max(from.end), from.paid.saturating_add(new));
        let needed = up(end);
        (
            Stretch { first: from.first, end, paid: paid.max(needed) },
            needed.saturating_sub(paid).saturating_add(note),
        )
    }
}

/// Where the block ends that the byte before `place` is in.
#[inline]
fn up(place: u64) -> u64 {
    place.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, FREE_ROOM, NOTE, Quota, Stretch};
    use crate::errno::Errno;
    use crate::guest::limits::Limits;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn quota(bytes: u64) -> Quota {
        Quota::new(&Limits { max_written_bytes: bytes, ..Limits::default() })
    }

    /// Writes as much as may be written, and says how much that was.
    fn write(quota: &mut Quota, stretch: &mut Stretch, start: u64, bytes: u64) -> Result<u64, Errno> {
        let count = bytes.min(quota.room(stretch, start, 0)?);
        quota.spend(stretch, start, 0, count);
        Ok(count)
    }

    #[test]
    fn writing_on_is_counted_to_the_byte() {
        for size in [1, 7, 4096, 5000] {
            let (mut quota, mut stretch, mut written) = (quota(100_000), Stretch::default(), 0);
            while let Ok(count) = write(&mut quota, &mut stretch, written, size) {
                written += count;
            }
            assert_eq!(written, 100_000, "{size}");
        }
    }

    #[test]
    fn a_byte_in_each_block_costs_the_blocks() {
        let (mut quota, mut stretch) = (quota(10 * BLOCK), Stretch::default());
        let blocks = (0..).take_while(|n| write(&mut quota, &mut stretch, n * BLOCK, 1).is_ok()).count();
        assert_eq!(blocks as u64, 10 + FREE_ROOM / BLOCK);
    }

    #[test]
    fn bytes_that_are_written_again_count_again() {
        let (mut quota, mut stretch) = (quota(50_000), Stretch::default());
        assert_eq!(write(&mut quota, &mut stretch, 0, 30_000), Ok(30_000));
        assert_eq!(write(&mut quota, &mut stretch, 10_000, 10_000), Ok(10_000));
        assert_eq!(write(&mut quota, &mut stretch, 30_000, 20_000), Ok(10_000));
        assert_eq!(write(&mut quota, &mut stretch, 0, 1), Err(Errno::Dquot));
    }

    proptest! {
        /// Whatever is written where, by whichever descriptor: the blocks are no more than what could be paid, and a
        /// write is only cut short when no more could be.
        #[test]
        fn blocks_are_paid(
            bytes in 0..200_000_u64,
            writes in prop::collection::vec((0..3_usize, 0..300_000_u64, 1..20_000_u64), 1..200),
        ) {
            let (mut quota, mut stretches, mut blocks) = (quota(bytes), [Stretch::default(); 3], BTreeSet::new());
            let mut written = 0;
            for (descriptor, start, len) in writes {
                let stretch = &mut stretches[descriptor];
                let (before, at) = (quota.clone(), *stretch);
                let count = write(&mut quota, stretch, start, len).unwrap_or(0);
                written += count;
                if count > 0 {
                    blocks.extend(start / BLOCK..(start + count).div_ceil(BLOCK));
                    let (_, besides) = at.after(start, count);
                    prop_assert!(before.affords(count, besides).is_ok(), "more than was left");
                }
                if count < len {
                    let (_, besides) = at.after(start, count + BLOCK + NOTE);
                    prop_assert!(before.affords(count + BLOCK + NOTE, besides).is_err());
                }
            }
            prop_assert!(written <= bytes);
            prop_assert!(blocks.len() as u64 * BLOCK <= bytes + FREE_ROOM);
        }
    }
}

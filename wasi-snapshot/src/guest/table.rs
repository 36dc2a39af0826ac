//! The descriptor table: open descriptors by number.

use super::entry::{Directory, Entry};
use crate::abi::Fd;
use crate::errno::Errno;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The standard streams have these numbers, and nothing that is opened later gets one of them.
const STDIO: Fd = 3;

/// Open descriptors by number.
pub(crate) struct Table {
    slots: Vec<Option<Entry>>,
    /// Free numbers below the length of `slots`, none of them one of stdio's.
    free: BinaryHeap<Reverse<Fd>>,
    open: u32,
}

impl Table {
    /// A table of the three standard streams.
    pub(crate) fn new(streams: [Entry; 3]) -> Self {
        Table { slots: streams.into_iter().map(Some).collect(), free: BinaryHeap::new(), open: STDIO }
    }

    /// The entry at `fd`.
    ///
    /// # Errors
    ///
    /// `badf` if there is none; so do the other lookups.
    #[inline]
    pub(crate) fn get(&self, fd: Fd) -> Result<&Entry, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.slots.get(fd));
        slot.and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    /// The entry at `fd`, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut Entry, Errno> {
        self.slot(fd)?.as_mut().ok_or(Errno::Badf)
    }

    /// The directory at `fd`.
    ///
    /// # Errors
    ///
    /// `badf` if there is nothing, `notdir` if it is something else.
    pub(crate) fn dir(&self, fd: Fd) -> Result<&Directory, Errno> {
        self.get(fd)?.as_dir()
    }

    /// Puts `entry` at the lowest number that was free, of those that are no stdio's.
    ///
    /// # Errors
    ///
    /// `nfile` if `max` descriptors are open.
    pub(crate) fn insert(&mut self, entry: Entry, max: u32) -> Result<Fd, Errno> {
        self.room(max)?;
        let fd = match self.free.pop() {
            Some(Reverse(fd)) => fd,
            None => {
                self.slots.push(None);
                Fd::try_from(self.slots.len() - 1).map_err(|_| Errno::Nfile)?
            }
        };
        *self.slot(fd)? = Some(entry);
        self.open += 1;
        Ok(fd)
    }

    /// Puts `entry` at a number that the embedder chose.
    ///
    /// # Errors
    ///
    /// `nfile` if `max` descriptors are open, or the number is not below `max`, so that the table stays
    /// small; `exist` if it is taken, and a standard stream's always is.
    pub(crate) fn insert_at(&mut self, fd: Fd, entry: Entry, max: u32) -> Result<(), Errno> {
        self.room(max)?;
        let index = usize::try_from(fd).ok().filter(|_| fd < max).ok_or(Errno::Nfile)?;
        while self.slots.len() <= index {
            self.free.push(Reverse(Fd::try_from(self.slots.len()).map_err(|_| Errno::Nfile)?));
            self.slots.push(None);
        }
        if fd < STDIO || self.slot(fd)?.is_some() {
            return Err(Errno::Exist);
        }
        self.free.retain(|Reverse(free)| *free != fd);
        *self.slot(fd)? = Some(entry);
        self.open += 1;
        Ok(())
    }

    /// Is there room for one more of `max` descriptors?
    ///
    /// # Errors
    ///
    /// `nfile` if there is not.
    pub(crate) fn room(&self, max: u32) -> Result<(), Errno> {
        if self.open < max { Ok(()) } else { Err(Errno::Nfile) }
    }

    /// Takes the entry at `fd` out; dropping it closes what it stands for.
    pub(crate) fn remove(&mut self, fd: Fd) -> Result<Entry, Errno> {
        let entry = self.slot(fd)?.take().ok_or(Errno::Badf)?;
        if fd >= STDIO {
            self.free.push(Reverse(fd));
        }
        self.open -= 1;
        Ok(entry)
    }

    /// Moves the entry at `from` to `to`, and gives what was there, to be dropped. Both must be open.
    pub(crate) fn renumber(&mut self, from: Fd, to: Fd) -> Result<Option<Entry>, Errno> {
        self.get(from)?;
        self.get(to)?;
        if from == to {
            return Ok(None);
        }
        let entry = self.remove(from)?;
        Ok(self.slot(to)?.replace(entry))
    }

    fn slot(&mut self, fd: Fd) -> Result<&mut Option<Entry>, Errno> {
        usize::try_from(fd).ok().and_then(|fd| self.slots.get_mut(fd)).ok_or(Errno::Badf)
    }

    /// The preopened directory that the guest knows by this name.
    pub(crate) fn preopen(&self, name: &str) -> Option<&Directory> {
        self.entries()
            .filter_map(|entry| entry.as_dir().ok())
            .find(|dir| dir.preopen.as_deref() == Some(name))
    }

    /// All open entries with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (Fd, &Entry)> {
        (0..).zip(&self.slots).filter_map(|(fd, slot)| Some((fd, slot.as_ref()?)))
    }

    /// All open entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flatten()
    }
}

//! An event that polling can wait for, made of a pipe.

use super::pipe::pipe;
use super::poll::OsHandle;
use std::fs::File;
use std::io::{self, Read, Write};

/// Something that stays ready from when it is set until it is cleared.
pub(crate) struct Event {
    /// Becomes readable when the event is set.
    reader: File,
    writer: File,
}

impl Event {
    /// An event that is not set.
    ///
    /// # Errors
    ///
    /// What the system has against making a pipe.
    pub(crate) fn new() -> io::Result<Self> {
        let (reader, writer) = pipe()?;
        Ok(Event { reader, writer })
    }

    /// Sets it, which does not wait: a pipe has room for some bytes. Each time is one that [`clear`](Self::clear) takes back.
    ///
    /// # Errors
    ///
    /// None are known, since both ends are open.
    pub(crate) fn set(&self) -> io::Result<()> {
        { &self.writer }.write_all(&[0])
    }

    /// Takes one setting back; there must have been one, or it waits for one.
    ///
    /// # Errors
    ///
    /// None are known, since both ends are open.
    pub(crate) fn clear(&self) -> io::Result<()> {
        { &self.reader }.read_exact(&mut [0])
    }

    /// What polling takes to wait until it is set, in whichever direction.
    pub(crate) fn os_handle(&self) -> OsHandle<'_> {
        OsHandle::event(&self.reader)
    }
}

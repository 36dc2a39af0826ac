//! The trait for open file descriptions, and the place of one transfer.

use super::connected::Connected;
use super::poll::{Interest, OsHandle, Wait};
use crate::abi::{Advice, Fdflags, Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::error::Result;
use std::io::{IoSlice, IoSliceMut, SeekFrom};

/// Where a transfer takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// At the cursor, which moves.
    Cursor,
    /// At an offset; the cursor stays.
    Offset(u64),
}

/// An open file description, as POSIX calls what a descriptor stands for: an open file, stream or socket with its
/// cursor and its flags.
///
/// The core has checked rights, limits and pointers before it calls, and passes an offset only to files
/// that have them, so an implementation only does the work. The defaults are those of a stream: nothing to seek, nothing to resize.
pub(crate) trait FileDescription: Send {
    /// Its type, which does not change.
    fn filetype(&self) -> Filetype;

    /// Its attributes, with the host's own device and inode numbers.
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat::new(self.filetype()))
    }

    /// Reads into `buffers`, none of which is empty. Zero bytes mean the end.
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], at: At, wait: Wait<'_>) -> Result<usize>;

    /// Writes from `buffers`, none of which is empty.
    fn write(&mut self, buffers: &[IoSlice<'_>], at: At, wait: Wait<'_>) -> Result<usize>;

    /// Where a write would start.
    fn start(&mut self, at: At) -> Result<u64, Errno> {
        match at {
            At::Cursor => Ok(0),
            At::Offset(offset) => Ok(offset),
        }
    }

    /// How much of a hole a write at `start` would leave, where holes take what they are long. Makes ready for a hole that
    /// takes nothing, where a file has none of itself.
    fn hole(&mut self, _start: u64) -> Result<u64, Errno> {
        Ok(0)
    }

    /// Moves the cursor and gives its new place.
    fn seek(&mut self, _to: SeekFrom) -> Result<u64, Errno> {
        Err(Errno::Spipe)
    }

    /// Cuts or extends the file to `size` bytes, of which the core makes sure that files can have so many.
    fn set_size(&mut self, _size: u64) -> Result<(), Errno> {
        Err(Errno::Inval)
    }

    /// Makes room up to `offset + len` bytes and never shrinks. Systems tell pipes from all else that has no disk.
    fn allocate(&mut self, _offset: u64, _len: u64) -> Result<(), Errno> {
        Err(if self.filetype() == Filetype::Unknown { Errno::Spipe } else { Errno::Nodev })
    }

    /// Sets access and modification time.
    fn set_times(&mut self, _atim: SetTime, _mtim: SetTime) -> Result<(), Errno> {
        Err(Errno::Badf)
    }

    /// Brings the data, and unless `data_only` the attributes, to the disk.
    fn sync(&mut self, _data_only: bool) -> Result<(), Errno> {
        Err(Errno::Inval)
    }

    /// Takes advice on how a range will be used: a hint, that only pipes refuse.
    fn advise(&mut self, _offset: u64, _len: u64, _advice: Advice) -> Result<(), Errno> {
        if self.filetype() == Filetype::Unknown { Err(Errno::Spipe) } else { Ok(()) }
    }

    /// Applies `append` of the descriptor's flags; `nonblock` reaches each transfer in its [`Wait`].
    fn set_append(&mut self, _flags: Fdflags) -> Result<(), Errno> {
        Ok(())
    }

    /// The connected socket that it is, if it is one.
    fn socket(&self) -> Option<Connected<'_>> {
        None
    }

    /// What the system can poll to know when the file is ready; without it, it always is.
    fn os_handle(&self, _interest: Interest) -> Option<OsHandle<'_>> {
        None
    }

    /// How many bytes can be read now, for `poll_oneoff`.
    fn available(&self) -> u64 {
        0
    }
}

//! The differences between `wasi_snapshot_preview1` and the older `wasi_unstable`: a few layouts and one order.

use crate::abi::{Filestat, Whence, words};
use crate::errno::Errno;
use wasi_policy::{Memory, MemoryFault};

/// One of the two modules.
pub(crate) trait Version: 'static {
    /// Its name in imports.
    const MODULE: &'static str;
    /// Does it have `sock_accept`, which came late?
    const HAS_SOCK_ACCEPT: bool;
    /// The size of a `subscription`.
    const SUBSCRIPTION_SIZE: u32;
    /// Where the clock's fields start in a `subscription`.
    const SUBSCRIPTION_CLOCK: u32;

    /// # Errors
    ///
    /// `inval` for a number that is no `whence`.
    fn whence(number: u32) -> Result<Whence, Errno>;

    /// Writes a `filestat`, its padding included.
    fn write_filestat(memory: &mut Memory<'_>, buf: u32, stat: &Filestat) -> Result<(), MemoryFault>;
}

/// `wasi_snapshot_preview1`.
pub(crate) struct Preview1;

/// `wasi_unstable`.
pub(crate) struct Unstable;

impl Version for Preview1 {
    const MODULE: &'static str = "wasi_snapshot_preview1";
    const HAS_SOCK_ACCEPT: bool = true;
    const SUBSCRIPTION_SIZE: u32 = 48;
    const SUBSCRIPTION_CLOCK: u32 = 16;

    fn whence(number: u32) -> Result<Whence, Errno> {
        Whence::try_from(number)
    }

    fn write_filestat(memory: &mut Memory<'_>, buf: u32, stat: &Filestat) -> Result<(), MemoryFault> {
        let fields = [
            stat.dev,
            stat.ino,
            u64::from(stat.filetype.code()),
            stat.nlink,
            stat.size,
            stat.atim,
            stat.mtim,
            stat.ctim,
        ];
        memory.write::<64>(buf, &words(fields))
    }
}

impl Version for Unstable {
    const MODULE: &'static str = "wasi_unstable";
    const HAS_SOCK_ACCEPT: bool = false;
    const SUBSCRIPTION_SIZE: u32 = 56;
    /// An `identifier` stands before the clock's number; nobody ever used it.
    const SUBSCRIPTION_CLOCK: u32 = 24;

    fn whence(number: u32) -> Result<Whence, Errno> {
        match number {
            0 => Ok(Whence::Cur),
            1 => Ok(Whence::End),
            2 => Ok(Whence::Set),
            _ => Err(Errno::Inval),
        }
    }

    fn write_filestat(memory: &mut Memory<'_>, buf: u32, stat: &Filestat) -> Result<(), MemoryFault> {
        // The number of links has 32 bits, and stands in the word of the file type.
        let nlink = stat.nlink.min(u32::MAX.into());
        let fields = [
            stat.dev,
            stat.ino,
            u64::from(stat.filetype.code()) | nlink << 32,
            stat.size,
            stat.atim,
            stat.mtim,
            stat.ctim,
        ];
        memory.write::<56>(buf, &words(fields))
    }
}

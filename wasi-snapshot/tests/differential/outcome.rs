//! The outcome of a call, in terms that both sides have.

use crate::common::errno::Errno;
use crate::common::ops::{Filestat, TYPE_DIRECTORY};
use std::collections::BTreeSet;
use std::fmt;

/// What a call gave.
pub(crate) type Outcome = Result<Value, Errno>;

/// What a call that succeeded has written.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Nothing,
    /// A descriptor that was opened.
    Fd(u32),
    /// A number of bytes, or a place.
    Number(u64),
    Bytes(Vec<u8>),
    Stat(Stat),
    Fdstat(Fdstat),
    /// Names with their types.
    Entries(BTreeSet<(Vec<u8>, u8)>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nothing => f.write_str("done"),
            Value::Fd(fd) => write!(f, "descriptor {fd}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Value::Stat(stat) => stat.fmt(f),
            Value::Fdstat(fdstat) => fdstat.fmt(f),
            Value::Entries(entries) => {
                let entries = entries.iter().map(|(name, ty)| format!("{} ({ty})", name.escape_ascii()));
                f.write_str(&entries.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Attributes of a file.
#[derive(Clone, Debug)]
pub(crate) struct Stat {
    /// Device and inode: each side has numbers of its own, so they are compared by what they tell apart.
    pub(crate) id: (u64, u64),
    pub(crate) filetype: u8,
    pub(crate) nlink: u64,
    pub(crate) size: u64,
    pub(crate) atim: Time,
    pub(crate) mtim: Time,
    pub(crate) ctim: Time,
}

impl Stat {
    pub(crate) fn new(stat: &Filestat) -> Self {
        Stat {
            id: (stat.dev, stat.ino),
            filetype: stat.filetype,
            nlink: stat.nlink,
            size: stat.size,
            atim: Time::new(stat.atim),
            mtim: Time::new(stat.mtim),
            ctim: Time::new(stat.ctim),
        }
    }

    /// Without what a file system in memory is free to say otherwise: the size of directories, which is of no use, and
    /// when something was read last, which POSIX lets a system leave as it was (XBD 4.12, "marked for update").
    pub(crate) fn in_memory(mut self) -> Self {
        if self.filetype == TYPE_DIRECTORY {
            self.size = 0;
        }
        self.atim = Time::Now;
        self
    }
}

impl PartialEq for Stat {
    fn eq(&self, other: &Self) -> bool {
        let all = |stat: &Stat| (stat.filetype, stat.nlink, stat.size, stat.atim, stat.mtim, stat.ctim);
        all(self) == all(other)
    }
}

impl Eq for Stat {}

/// A time of a file: one that a call has set, which is never near the present, or when something happened. The two
/// sides are a moment apart, so all of the present is one; and so is what file systems cannot store, who each have a
/// last moment of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    At(u64),
    Now,
    Late,
}

impl Time {
    /// Between 2020 and 2096.
    const PRESENT: std::ops::Range<u64> = 1_580_000_000_000_000_000..4_000_000_000_000_000_000;

    /// In 2445, shortly before the last moment of ext4.
    const LATE: u64 = 15_000_000_000_000_000_000;

    pub(crate) fn new(nanoseconds: u64) -> Self {
        match nanoseconds {
            Time::LATE.. => Time::Late,
            present if Time::PRESENT.contains(&present) => Time::Now,
            other => Time::At(other),
        }
    }
}

/// What `fd_fdstat_get` says that a system says, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fdstat {
    pub(crate) filetype: u8,
    pub(crate) append: bool,
    pub(crate) nonblock: bool,
    /// Of files: can they be read, and written?
    pub(crate) access: Option<(bool, bool)>,
}

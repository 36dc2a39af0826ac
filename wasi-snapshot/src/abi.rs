//! The types of the witx ABI: numbers, flags and records, with the names they have there.

use crate::errno::Errno;
use bitflags::{Flags, bitflags};

#[cfg(test)]
mod tests;
pub(crate) mod versions;

/// A file descriptor number.
pub(crate) type Fd = u32;
/// Nanoseconds, since 1970 or since a clock's start.
pub(crate) type Timestamp = u64;

/// Takes flags as the guest passed them.
///
/// # Errors
///
/// `inval` if a bit is set that the ABI does not define.
pub(crate) fn flags<F: Flags<Bits: TryFrom<u32>>>(bits: u32) -> Result<F, Errno> {
    F::Bits::try_from(bits).ok().and_then(F::from_bits).ok_or(Errno::Inval)
}

/// Defines an enumeration that guests pass as a number; others are `inval`.
macro_rules! enumeration {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $number:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant = $number,)*
        }

        impl TryFrom<u32> for $name {
            type Error = Errno;

            fn try_from(number: u32) -> Result<Self, Errno> {
                match number {
                    $($number => Ok($name::$variant),)*
                    _ => Err(Errno::Inval),
                }
            }
        }
    };
}

enumeration! {
    /// `clockid`
    pub(crate) Clockid { Realtime = 0, Monotonic = 1, ProcessCputime = 2, ThreadCputime = 3 }
}

enumeration! {
    /// `advice`
    pub(crate) Advice { Normal = 0, Sequential = 1, Random = 2, Willneed = 3, Dontneed = 4, Noreuse = 5 }
}

enumeration! {
    /// `whence`
    pub(crate) Whence { Set = 0, Cur = 1, End = 2 }
}

enumeration! {
    /// What a file is: `filetype` of the witx.
    pub Filetype {
        /// None of the others, or not known; FIFOs are of this type too.
        Unknown = 0,
        /// A device of blocks, which has offsets.
        BlockDevice = 1,
        /// A device of characters. A guest takes one that it cannot seek in for a terminal.
        CharacterDevice = 2,
        /// A directory.
        Directory = 3,
        /// A file with contents and offsets.
        RegularFile = 4,
        /// A datagram socket.
        SocketDgram = 5,
        /// A stream socket.
        SocketStream = 6,
        /// A symbolic link.
        SymbolicLink = 7,
    }
}

impl Filetype {
    #[expect(clippy::as_conversions, reason = "the discriminants are the ABI's numbers")]
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}

bitflags! {
    /// `fdflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Fdflags: u16 {
        const APPEND = 1;
        const DSYNC = 1 << 1;
        const NONBLOCK = 1 << 2;
        const RSYNC = 1 << 3;
        const SYNC = 1 << 4;
    }

    /// `oflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Oflags: u16 {
        const CREAT = 1;
        const DIRECTORY = 1 << 1;
        const EXCL = 1 << 2;
        const TRUNC = 1 << 3;
    }

    /// `lookupflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Lookupflags: u32 {
        const SYMLINK_FOLLOW = 1;
    }

    /// `fstflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Fstflags: u16 {
        const ATIM = 1;
        const ATIM_NOW = 1 << 1;
        const MTIM = 1 << 2;
        const MTIM_NOW = 1 << 3;
    }

    /// `riflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Riflags: u16 {
        const RECV_PEEK = 1;
        const RECV_WAITALL = 1 << 1;
    }

    /// `roflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Roflags: u16 {
        const RECV_DATA_TRUNCATED = 1;
    }

    /// `sdflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Sdflags: u8 {
        const RD = 1;
        const WR = 1 << 1;
    }

    /// `subclockflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Subclockflags: u16 {
        const SUBSCRIPTION_CLOCK_ABSTIME = 1;
    }

    /// `eventrwflags`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Eventrwflags: u16 {
        const FD_READWRITE_HANGUP = 1;
    }

    /// `rights`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Rights: u64 {
        const FD_DATASYNC = 1;
        const FD_READ = 1 << 1;
        const FD_SEEK = 1 << 2;
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        const FD_SYNC = 1 << 4;
        const FD_TELL = 1 << 5;
        const FD_WRITE = 1 << 6;
        const FD_ADVISE = 1 << 7;
        const FD_ALLOCATE = 1 << 8;
        const PATH_CREATE_DIRECTORY = 1 << 9;
        const PATH_CREATE_FILE = 1 << 10;
        const PATH_LINK_SOURCE = 1 << 11;
        const PATH_LINK_TARGET = 1 << 12;
        const PATH_OPEN = 1 << 13;
        const FD_READDIR = 1 << 14;
        const PATH_READLINK = 1 << 15;
        const PATH_RENAME_SOURCE = 1 << 16;
        const PATH_RENAME_TARGET = 1 << 17;
        const PATH_FILESTAT_GET = 1 << 18;
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        const FD_FILESTAT_GET = 1 << 21;
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        const PATH_SYMLINK = 1 << 24;
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        const PATH_UNLINK_FILE = 1 << 26;
        const POLL_FD_READWRITE = 1 << 27;
        const SOCK_SHUTDOWN = 1 << 28;
        const SOCK_ACCEPT = 1 << 29;
    }
}

/// The attributes of a file or directory: `filestat` of the witx. Times are nanoseconds since 1970.
///
/// ```
/// use wasi_snapshot::{Filestat, Filetype};
///
/// let stat = Filestat { size: 12, ino: 7, nlink: 1, ..Filestat::new(Filetype::RegularFile) };
/// assert_eq!(stat.mtim, 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filestat {
    /// Tells file systems apart. Guests see a keyed hash of it.
    pub dev: u64,
    /// Tells the files of one `dev` apart. Guests see a keyed hash of it, or zero for zero, which means
    /// that the file has no number.
    pub ino: u64,
    /// The type.
    pub filetype: Filetype,
    /// How many names the file has.
    pub nlink: u64,
    /// The length of a regular file, or of a symlink's target, in bytes.
    pub size: u64,
    /// When it was last read.
    pub atim: u64,
    /// When its contents last changed.
    pub mtim: u64,
    /// When its contents or its attributes last changed.
    pub ctim: u64,
}

impl Filestat {
    /// The type and nothing else, which is all that a stream has to tell.
    #[must_use]
    pub const fn new(filetype: Filetype) -> Self {
        Filestat { dev: 0, ino: 0, filetype, nlink: 0, size: 0, atim: 0, mtim: 0, ctim: 0 }
    }
}

/// What to do with one of a file's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    /// Leave it as it is.
    Keep,
    /// Set it to the present.
    Now,
    /// Set it to this many nanoseconds since 1970.
    At(u64),
}

/// A record of little-endian words in a row.
pub(crate) fn words<const WORDS: usize, const BYTES: usize>(words: [u64; WORDS]) -> [u8; BYTES] {
    const { assert!(WORDS * 8 == BYTES) };
    let mut bytes = [0; BYTES];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

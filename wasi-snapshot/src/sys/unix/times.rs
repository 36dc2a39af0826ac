//! Times of files, between the ABI's nanoseconds and the system's structures.

use crate::abi::{Filestat, Filetype, SetTime, Timestamp};
use rustix::fs::{FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A time of the system; before 1970 it is zero, and beyond what 64 bits of nanoseconds hold it stays at
/// the last moment that they do.
pub(super) fn timestamp(seconds: i64, nanoseconds: i64) -> Timestamp {
    let Ok(seconds) = u64::try_from(seconds) else { return 0 };
    let nanoseconds = u64::try_from(nanoseconds).unwrap_or(0);
    seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(nanoseconds)
}

/// Times to set, as `utimensat` wants them.
pub(super) fn timestamps(atim: SetTime, mtim: SetTime) -> Timestamps {
    Timestamps { last_access: timespec(atim), last_modification: timespec(mtim) }
}

fn timespec(time: SetTime) -> Timespec {
    match time {
        SetTime::Keep => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        SetTime::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        // Both quotients are below 2^35, so they fit whatever the platform's fields are.
        SetTime::At(nanoseconds) => Timespec {
            tv_sec: (nanoseconds / NANOS_PER_SECOND).try_into().unwrap_or_default(),
            tv_nsec: (nanoseconds % NANOS_PER_SECOND).try_into().unwrap_or_default(),
        },
    }
}

/// What `fstat` told.
#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_fallible_conversions,
    reason = "the widths of the fields differ between platforms"
)]
pub(super) fn filestat(stat: &Stat) -> Filestat {
    Filestat {
        dev: stat.st_dev.try_into().unwrap_or_default(),
        ino: stat.st_ino,
        filetype: filetype(FileType::from_raw_mode(stat.st_mode)),
        nlink: stat.st_nlink.into(),
        size: stat.st_size.try_into().unwrap_or_default(),
        atim: timestamp(stat.st_atime, nanoseconds(stat.st_atime_nsec)),
        mtim: timestamp(stat.st_mtime, nanoseconds(stat.st_mtime_nsec)),
        ctim: timestamp(stat.st_ctime, nanoseconds(stat.st_ctime_nsec)),
    }
}

/// The platforms disagree about the sign of these fields.
fn nanoseconds(field: impl TryInto<i64>) -> i64 {
    field.try_into().unwrap_or_default()
}

/// A type of the system in the ABI, which has no word for a FIFO.
pub(super) fn filetype(filetype: FileType) -> Filetype {
    match filetype {
        FileType::RegularFile => Filetype::RegularFile,
        FileType::Directory => Filetype::Directory,
        FileType::Symlink => Filetype::SymbolicLink,
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        FileType::Socket => Filetype::SocketStream,
        FileType::Fifo | FileType::Unknown => Filetype::Unknown,
    }
}

/// The type that a mode has, as cap-std gives modes: the systems' own are of different widths.
#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_fallible_conversions,
    reason = "the widths of modes differ between platforms"
)]
pub(super) fn filetype_of_mode(mode: u32) -> Filetype {
    filetype(FileType::from_raw_mode(mode.try_into().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{SetTime, timespec, timestamp};

    #[test]
    fn times_outside_the_range_are_clamped() {
        assert_eq!(timestamp(-1, 999_999_999), 0);
        assert_eq!(timestamp(i64::MIN, 0), 0);
        assert_eq!(timestamp(i64::MAX, 0), u64::MAX);
        assert_eq!(timestamp(1, 5), 1_000_000_005);
    }

    #[test]
    fn the_last_nanosecond_can_be_set() {
        let time = timespec(SetTime::At(u64::MAX));
        assert_eq!((time.tv_sec, time.tv_nsec), (18_446_744_073, 709_551_615));
    }
}

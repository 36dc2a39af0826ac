//! Attributes of files, between the ABI's numbers and the system's structures.

use super::calls;
use crate::abi::{Filestat, Filetype, SetTime, Timestamp};
use crate::errno::Errno;
use std::fs::FileTimes;
use std::os::windows::io::BorrowedHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_TYPE_CHAR, FILE_TYPE_DISK,
};

/// Between 1601, when the system's time starts, and 1970, in steps of 100 ns.
const STEPS_TO_1970: i64 = 116_444_736_000_000_000;
const NANOS_A_STEP: u64 = 100;

/// The bit of a tag that says that the file stands for another one: a symlink, or the root of a volume (a junction).
const STANDS_FOR_ANOTHER: u32 = 0x2000_0000;

/// A time of the system, in steps of 100 ns since 1601; before 1970 it is zero, and beyond what 64 bits of nanoseconds hold
/// it stays at the last moment that they do.
pub(super) fn timestamp(steps: i64) -> Timestamp {
    u64::try_from(steps.saturating_sub(STEPS_TO_1970)).unwrap_or(0).saturating_mul(NANOS_A_STEP)
}

/// Times to set.
pub(super) fn file_times(atim: SetTime, mtim: SetTime) -> FileTimes {
    let mut times = FileTimes::new();
    if let Some(accessed) = moment(atim) {
        times = times.set_accessed(accessed);
    }
    if let Some(modified) = moment(mtim) {
        times = times.set_modified(modified);
    }
    times
}

fn moment(time: SetTime) -> Option<SystemTime> {
    match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTime::now()),
        SetTime::At(nanoseconds) => UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds)),
    }
}

/// What the attributes say, and for a reparse point its tag.
pub(super) fn filetype(attributes: u32, tag: impl FnOnce() -> u32) -> Filetype {
    if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 && tag() & STANDS_FOR_ANOTHER != 0 {
        return Filetype::SymbolicLink;
    }
    if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 { Filetype::Directory } else { Filetype::RegularFile }
}

/// The type of what a handle is of, without a look at what a disk has.
pub(super) fn kind(handle: BorrowedHandle<'_>) -> Filetype {
    match calls::kind(handle) {
        FILE_TYPE_DISK => Filetype::RegularFile,
        FILE_TYPE_CHAR => Filetype::CharacterDevice,
        _ => Filetype::Unknown,
    }
}

/// The attributes of what a handle is of.
pub(super) fn filestat(handle: BorrowedHandle<'_>) -> Result<Filestat, Errno> {
    let kind = kind(handle);
    if kind != Filetype::RegularFile {
        return Ok(Filestat::new(kind));
    }
    let found = calls::information(handle)?;
    let times = calls::times(handle)?;
    let join = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    Ok(Filestat {
        dev: found.dwVolumeSerialNumber.into(),
        ino: join(found.nFileIndexHigh, found.nFileIndexLow),
        filetype: filetype(found.dwFileAttributes, || calls::reparse_tag(handle).unwrap_or(0)),
        nlink: found.nNumberOfLinks.into(),
        size: join(found.nFileSizeHigh, found.nFileSizeLow),
        atim: timestamp(times.LastAccessTime),
        mtim: timestamp(times.LastWriteTime),
        ctim: timestamp(times.ChangeTime),
    })
}

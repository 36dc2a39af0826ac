//! The replacements by POSIX alone for the calls of Linux beyond it.
//!
//! Linux itself is compiled so under the `cfg` `wasi_posix_only`, so that most of what such systems run is tested there.

use crate::errno::Errno;
use nix::sys::signal::SigSet;
use rustix::fs::{AtFlags, OFlags, Timestamps};
use rustix::io::Errno as Os;
use rustix::net::SendFlags;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{BorrowedFd, OwnedFd};
use system_interface::fs::FileIoExt;

/// What has a message sent without a signal; empty where nothing does.
pub(super) const NOSIGNAL: SendFlags = SendFlags::empty();

/// Writes at the cursor, if the system can do so without a signal.
pub(super) fn write_without_signal(
    _: BorrowedFd<'_>,
    _: &[IoSlice<'_>],
) -> Option<rustix::io::Result<usize>> {
    None
}

/// Makes sure that a write sends no signal which its thread could not hold back.
pub(super) fn silence(stream: BorrowedFd<'_>) {
    #[cfg(target_vendor = "apple")]
    super::darwin::silence(stream);
    let _ = stream;
}

/// Nothing takes a signal without waiting for it.
pub(super) fn take_back(_: &SigSet) -> bool {
    false
}

/// Reads without waiting, whatever the stream's own flags say, if the system can.
pub(super) fn read_now(_: BorrowedFd<'_>, _: &mut [IoSliceMut<'_>]) -> Option<rustix::io::Result<usize>> {
    None
}

/// Writes without waiting, whatever the stream's own flags say, if the system can.
pub(super) fn write_now(_: BorrowedFd<'_>, _: &[IoSlice<'_>]) -> Option<rustix::io::Result<usize>> {
    None
}

/// Writes at the end, if the system can find it by itself.
pub(super) fn append_now(
    _: BorrowedFd<'_>,
    _: &[IoSlice<'_>],
    _: Option<u64>,
) -> Option<rustix::io::Result<usize>> {
    None
}

/// Makes a pipe whose ends no child process inherits: the one to read from, and the one to write to. No call does both at
/// once on macOS, for Rust's own neither.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = nix::unistd::pipe()?;
    for end in [&reader, &writer] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((reader, writer))
}

/// Accepts a connection that no child process inherits, and on macOS one that sends no signal: there it would be the
/// process's, and no thread could hold it back.
pub(super) fn accept(listener: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    let stream = rustix::net::accept(listener)?;
    rustix::io::fcntl_setfd(&stream, rustix::io::FdFlags::CLOEXEC)?;
    #[cfg(target_vendor = "apple")]
    rustix::net::sockopt::set_socket_nosigpipe(&stream, true)?;
    Ok(stream)
}

/// Brings the data of a file to the disk, and its attributes with it.
pub(super) fn sync_data(fd: BorrowedFd<'_>) -> rustix::io::Result<()> {
    rustix::fs::fsync(fd)
}

/// Brings the data of a file to the disk, and its attributes unless it is `data_only`.
///
/// On macOS the standard library has the disk itself write what it keeps, which some file systems of servers cannot
/// (`F_FULLFSYNC`); they do what they can.
pub(super) fn sync(file: &File, data_only: bool) -> io::Result<()> {
    let synced = if data_only { file.sync_data() } else { file.sync_all() };
    match synced.as_ref().err().and_then(Os::from_io_error) {
        Some(Os::NOTSUP | Os::INVAL | Os::NOTTY) => Ok(rustix::fs::fsync(file)?),
        _ => synced,
    }
}

/// Makes room in a file. On macOS that within the file stays to be made: the system would cut it off behind the range.
pub(super) fn allocate(file: &File, offset: u64, len: u64) -> io::Result<()> {
    match offset.checked_add(len) {
        Some(end) if cfg!(target_vendor = "apple") && end <= file.metadata()?.len() => Ok(()),
        _ => FileIoExt::allocate(file, offset, len),
    }
}

/// Can a handle name any file, be it one that cannot be opened, such as a socket?
pub(super) const NAMES_ALL: bool = false;

/// The flags of a handle that names a file and opens it as little as the system can.
pub(super) fn naming() -> OFlags {
    OFlags::NONBLOCK | OFlags::NOCTTY
}

/// Sets the times of the file behind a handle made with the flags of [`naming`].
pub(super) fn set_named_times(file: BorrowedFd<'_>, times: &Timestamps) -> Result<(), Errno> {
    match rustix::fs::futimens(file, times) {
        // The sandbox has opened a directory for looking up only.
        Err(Os::BADF) => Ok(rustix::fs::utimensat(file, c".", times, AtFlags::SYMLINK_NOFOLLOW)?),
        other => Ok(other?),
    }
}

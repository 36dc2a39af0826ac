//! The calls of Linux beyond POSIX: flags of single transfers, handles that only name a file, and calls that do two things in
//! one.

use super::pipe::pipe as any_pipe;
use super::quiet::masked;
use crate::errno::Errno;
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::fs::{AtFlags, OFlags, Timestamps};
use rustix::io::{Errno as Os, ReadWriteFlags, preadv2, pwritev2};
use rustix::net::SendFlags;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;
use system_interface::fs::FileIoExt;

/// This offset stands for the cursor.
const CURSOR: u64 = u64::MAX;

/// What has a message sent without a signal; empty where nothing does.
pub(super) const NOSIGNAL: SendFlags = SendFlags::NOSIGNAL;

/// `RWF_NOSIGNAL`, since Linux 6.18.
const WITHOUT_SIGNAL: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x100);

/// Whether the system knows it. Asked once: older ones would refuse each write before it can be made otherwise.
static KNOWS: LazyLock<bool> = LazyLock::new(|| {
    let Ok((_reader, writer)) = any_pipe() else { return false };
    pwritev2(writer.as_fd(), &[IoSlice::new(b"x")], CURSOR, WITHOUT_SIGNAL).is_ok()
});

/// The flag, if the system knows it.
fn without_signal() -> Option<ReadWriteFlags> {
    KNOWS.then_some(WITHOUT_SIGNAL)
}

/// What a call with such flags gave, unless the system cannot do it for what is open: terminals know none of them, nor
/// do the pipes of older kernels.
fn possible(result: rustix::io::Result<usize>) -> Option<rustix::io::Result<usize>> {
    match result {
        Err(Os::OPNOTSUPP | Os::NOSYS | Os::INVAL) => None,
        result => Some(result),
    }
}

/// Writes at the cursor, if the system can do so without a signal.
pub(super) fn write_without_signal(
    fd: BorrowedFd<'_>,
    buffers: &[IoSlice<'_>],
) -> Option<rustix::io::Result<usize>> {
    possible(pwritev2(fd, buffers, CURSOR, without_signal()?))
}

/// A thread can hold back the signal of its writes.
pub(super) fn silence(_: BorrowedFd<'_>) {}

/// Takes back the signal, if one is there: there is none where the process ignores it.
pub(super) fn take_back(pipe: &SigSet) -> bool {
    let taken = SignalFd::with_flags(pipe, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .and_then(|pending| pending.read_signal());
    taken.is_ok()
}

/// Reads without waiting, whatever the stream's own flags say, if the system can.
pub(super) fn read_now(
    fd: BorrowedFd<'_>,
    buffers: &mut [IoSliceMut<'_>],
) -> Option<rustix::io::Result<usize>> {
    possible(preadv2(fd, buffers, CURSOR, ReadWriteFlags::NOWAIT))
}

/// Writes without waiting, whatever the stream's own flags say, if the system can.
pub(super) fn write_now(fd: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> Option<rustix::io::Result<usize>> {
    let write = |flags| pwritev2(fd, buffers, CURSOR, ReadWriteFlags::NOWAIT | flags);
    match without_signal() {
        Some(flag) => possible(write(flag)),
        None => possible(masked(fd, || write(ReadWriteFlags::empty()))),
    }
}

/// Writes at the end, if the system can find it by itself.
pub(super) fn append_now(
    fd: BorrowedFd<'_>,
    buffers: &[IoSlice<'_>],
    at: Option<u64>,
) -> Option<rustix::io::Result<usize>> {
    possible(pwritev2(fd, buffers, at.unwrap_or(CURSOR), ReadWriteFlags::APPEND))
}

/// Makes a pipe whose ends no child process inherits: the one to read from, and the one to write to.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?)
}

/// Accepts a connection that no child process inherits.
pub(super) fn accept(listener: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    rustix::net::accept_with(listener, rustix::net::SocketFlags::CLOEXEC)
}

/// Brings the data of a file to the disk.
pub(super) fn sync_data(fd: BorrowedFd<'_>) -> rustix::io::Result<()> {
    rustix::fs::fdatasync(fd)
}

/// Brings the data of a file to the disk, and its attributes unless it is `data_only`.
pub(super) fn sync(file: &File, data_only: bool) -> io::Result<()> {
    if data_only { file.sync_data() } else { file.sync_all() }
}

/// Makes room in a file, also within it.
pub(super) fn allocate(file: &File, offset: u64, len: u64) -> io::Result<()> {
    FileIoExt::allocate(file, offset, len)
}

/// Can a handle name any file, be it one that cannot be opened, such as a socket?
pub(super) const NAMES_ALL: bool = true;

/// The flags of a handle that names a file and opens it as little as the system can.
pub(super) fn naming() -> OFlags {
    OFlags::PATH
}

/// Sets the times of the file behind a handle made with the flags of [`naming`].
pub(super) fn set_named_times(file: BorrowedFd<'_>, times: &Timestamps) -> Result<(), Errno> {
    match rustix::fs::utimensat(file, c"", times, AtFlags::EMPTY_PATH) {
        // Before Linux 5.8 an empty path is an error; the link of the process's own handle will do there.
        Err(Os::INVAL | Os::NOENT) => {
            let own = format!("/proc/self/fd/{}", file.as_raw_fd());
            Ok(rustix::fs::utimensat(rustix::fs::CWD, own, times, AtFlags::empty())?)
        }
        other => Ok(other?),
    }
}

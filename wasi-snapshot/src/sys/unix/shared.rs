//! Transfers on streams that others share, and that may be blocking.
//!
//! Their flags belong to everybody who shares them, so none is changed. Polling says that there is something to read, or
//! some room; another reader may be faster, and a larger write would wait for more room, where no interrupt can end it.
//! So each transfer is told not to wait, and starts over with polling if it would.

use super::beyond::{append_now, read_now, write_now};
use super::quiet::{self, masked};
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::BorrowedFd;

/// What a pipe that polls as writable has room for, by POSIX: `PIPE_BUF` where it is smallest.
const ROOM: usize = 512;

/// Reads what is there.
pub(super) fn read(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> rustix::io::Result<usize> {
    match read_now(fd, buffers) {
        Some(result) => result,
        None => rustix::io::readv(fd, buffers),
    }
}

/// Writes what fits.
pub(super) fn write(
    fd: BorrowedFd<'_>,
    is_socket: bool,
    buffers: &[IoSlice<'_>],
) -> rustix::io::Result<usize> {
    if is_socket {
        return quiet::send(fd, buffers, SendFlags::DONTWAIT);
    }
    match (write_now(fd, buffers), buffers.first()) {
        (Some(result), _) => result,
        (None, Some(first)) => masked(fd, || rustix::io::write(fd, first.get(..ROOM).unwrap_or(first))),
        (None, None) => Ok(0),
    }
}

/// Writes at the end of a file, whatever its flags say. A write at the cursor leaves it there.
pub(super) fn append(
    fd: BorrowedFd<'_>,
    buffers: &[IoSlice<'_>],
    at: Option<u64>,
) -> rustix::io::Result<usize> {
    if let Some(result) = append_now(fd, buffers, at) {
        return result;
    }
    // Where the system cannot do both in one, whoever writes in between is written over.
    match at {
        None => {
            rustix::fs::seek(fd, rustix::fs::SeekFrom::End(0))?;
            rustix::io::writev(fd, buffers)
        }
        Some(_) => {
            let end = u64::try_from(rustix::fs::fstat(fd)?.st_size).map_err(|_| Errno::OVERFLOW)?;
            rustix::io::pwritev(fd, buffers, end)
        }
    }
}

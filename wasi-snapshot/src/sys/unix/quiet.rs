//! Writes to streams whose reader may have gone, without a signal for the host.
//!
//! A closed pipe is an errno for the guest. The system also sends a signal, which ends the process unless somebody has
//! changed what it does; that is the embedder's to decide, for all its threads, so guests' writes must not raise it.

use super::beyond::{NOSIGNAL, silence, take_back, write_without_signal};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use std::io::IoSlice;
use std::os::fd::BorrowedFd;

/// Writes to a stream. It waits as the stream's own flags say.
pub(super) fn write(
    fd: BorrowedFd<'_>,
    is_socket: bool,
    buffers: &[IoSlice<'_>],
) -> rustix::io::Result<usize> {
    if is_socket {
        return send(fd, buffers, SendFlags::empty());
    }
    match write_without_signal(fd, buffers) {
        Some(result) => result,
        None => masked(fd, || rustix::io::writev(fd, buffers)),
    }
}

/// Sends, which has flags of its own.
pub(super) fn send(
    fd: BorrowedFd<'_>,
    buffers: &[IoSlice<'_>],
    flags: SendFlags,
) -> rustix::io::Result<usize> {
    let send = || sendmsg(fd, buffers, &mut SendAncillaryBuffer::default(), flags | NOSIGNAL);
    if NOSIGNAL.is_empty() { masked(fd, send) } else { send() }
}

/// Writes while the thread takes no signal for it, and takes back the one that has been sent.
pub(super) fn masked(
    fd: BorrowedFd<'_>,
    mut write: impl FnMut() -> rustix::io::Result<usize>,
) -> rustix::io::Result<usize> {
    silence(fd);
    let pipe = SigSet::from(Signal::SIGPIPE);
    let before = pipe.thread_swap_mask(SigmaskHow::SIG_BLOCK).map_err(os)?;
    let result = write();
    // One that cannot be taken back must not arrive: then the thread goes on without this signal.
    if (result != Err(Errno::PIPE) || take_back(&pipe)) && !before.contains(Signal::SIGPIPE) {
        pipe.thread_unblock().map_err(os)?;
    }
    result
}

fn os(errno: nix::Error) -> Errno {
    Errno::from_io_error(&errno.into()).unwrap_or(Errno::IO)
}

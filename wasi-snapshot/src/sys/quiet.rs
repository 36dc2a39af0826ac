//! Writes to streams whose reader may have gone, without a signal for the host.
//!
//! A closed pipe is an errno for the guest. The system also sends a signal, which ends the process unless somebody has
//! changed what it does; that is the embedder's to decide, for all its threads, so guests' writes must not raise it.

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
        None => masked(|| rustix::io::writev(fd, buffers)),
    }
}

/// Sends, which has flags of its own.
pub(super) fn send(
    fd: BorrowedFd<'_>,
    buffers: &[IoSlice<'_>],
    flags: SendFlags,
) -> rustix::io::Result<usize> {
    let send = || sendmsg(fd, buffers, &mut SendAncillaryBuffer::default(), flags | NOSIGNAL);
    if NOSIGNAL.is_empty() { masked(send) } else { send() }
}

/// Writes while the thread takes no signal for it, and takes back the one that has been sent.
pub(super) fn masked(mut write: impl FnMut() -> rustix::io::Result<usize>) -> rustix::io::Result<usize> {
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

#[cfg(target_os = "linux")]
mod system {
    use super::super::pipe::pipe;
    use super::{BorrowedFd, Errno, IoSlice, SendFlags, SigSet};
    use nix::sys::signalfd::{SfdFlags, SignalFd};
    use rustix::io::{ReadWriteFlags, pwritev2};
    use std::os::fd::AsFd;
    use std::sync::LazyLock;

    /// This offset stands for the cursor.
    pub(in super::super) const CURSOR: u64 = u64::MAX;

    pub(super) const NOSIGNAL: SendFlags = SendFlags::NOSIGNAL;

    /// `RWF_NOSIGNAL`, since Linux 6.18.
    const WITHOUT_SIGNAL: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x100);

    /// Whether the system knows it. Asked once: older ones would refuse each write before it can be made otherwise.
    static KNOWS: LazyLock<bool> = LazyLock::new(|| {
        let Ok((_reader, writer)) = pipe() else { return false };
        pwritev2(writer.as_fd(), &[IoSlice::new(b"x")], CURSOR, WITHOUT_SIGNAL).is_ok()
    });

    /// The flag, if the system knows it.
    pub(in super::super) fn without_signal() -> Option<ReadWriteFlags> {
        KNOWS.then_some(WITHOUT_SIGNAL)
    }

    /// What a call with such flags gave, unless the system cannot do it for what is open: terminals know none of them, nor
    /// do the pipes of older kernels.
    pub(in super::super) fn possible(result: rustix::io::Result<usize>) -> Option<rustix::io::Result<usize>> {
        match result {
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => None,
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

    /// Takes back the signal, if one is there: there is none where the process ignores it.
    pub(super) fn take_back(pipe: &SigSet) -> bool {
        let taken = SignalFd::with_flags(pipe, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .and_then(|pending| pending.read_signal());
        taken.is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{BorrowedFd, IoSlice, SendFlags, SigSet};

    pub(super) const NOSIGNAL: SendFlags = SendFlags::empty();

    pub(super) fn write_without_signal(
        _: BorrowedFd<'_>,
        _: &[IoSlice<'_>],
    ) -> Option<rustix::io::Result<usize>> {
        None
    }

    /// Nothing takes a signal without waiting for it.
    pub(super) fn take_back(_: &SigSet) -> bool {
        false
    }
}

#[cfg(target_os = "linux")]
pub(super) use system::{CURSOR, possible, without_signal};
use system::{NOSIGNAL, take_back, write_without_signal};

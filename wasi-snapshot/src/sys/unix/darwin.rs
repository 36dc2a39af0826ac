//! The calls of Darwin that rustix and nix lack.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// Has writes to a stream whose reader is gone send no signal, unless the process ignores that anyway. The stream keeps it, as
/// do all who share what was opened.
///
/// The signal would be the process's and not the thread's (`psignal` in `bsd/kern/sys_generic.c` of XNU), so a thread that
/// holds it back leaves it to another one.
pub(super) fn silence(fd: BorrowedFd<'_>) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: no new action is read, and there is room for the one that holds.
    let asked = unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all of it is numbers, for which zeroes will do.
    let is_ignored = asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN;
    if !is_ignored {
        // SAFETY: the descriptor is open, and this command takes a number. A stream that refuses it is as it was.
        unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETNOSIGPIPE, 1) };
    }
}

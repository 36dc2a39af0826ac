//! The limits of the process, which a guest must not have it run into.

use crate::errno::Errno;
use rustix::process::{Resource, getrlimit};
use std::os::fd::{AsFd, AsRawFd};

/// The size that files may have, if it is bounded. Whoever writes behind it gets a signal that ends the process, unless
/// somebody has changed what it does; that is the embedder's to decide, so guests are stopped before.
pub(super) fn file_size() -> Option<u64> {
    getrlimit(Resource::Fsize).current
}

/// How many of the process's descriptors are kept for the host at most: enough for what a host opens at once, such as a
/// model with its libraries, and no more where the limit is high.
const MOST_KEPT: u64 = 256;

/// Passes on what has been opened for a guest, if descriptors are left for the host.
///
/// The system gives the lowest number that is free. So one near the limit says that nearly all are taken, by whichever
/// guests and by the host itself, and nobody has to count them.
///
/// # Errors
///
/// `nfile` if it is one of those that are kept; it is closed.
pub(super) fn spared<F: AsFd>(opened: F) -> Result<F, Errno> {
    let number = u64::try_from(opened.as_fd().as_raw_fd()).unwrap_or(u64::MAX);
    match getrlimit(Resource::Nofile).current {
        // A quarter, where there are few.
        Some(limit) if number >= limit - (limit / 4).min(MOST_KEPT) => Err(Errno::Nfile),
        _ => Ok(opened),
    }
}

/// Asks before something is opened, where opening changes more than the number of descriptors. `any` is open.
///
/// # Errors
///
/// `nfile` if none is left for a guest, or `mfile` for anybody.
pub(super) fn spare(any: impl AsFd) -> Result<(), Errno> {
    spared(rustix::io::fcntl_dupfd_cloexec(any, 0)?).map(drop)
}

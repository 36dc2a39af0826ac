//! The descriptors of a worker: three, taken from where standard streams are, and no others.
#![expect(unsafe_code, reason = "rustix has no `close_range`")]

use rustix::io::Errno;
use rustix::net::{AddressFamily, sockopt};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// What a worker was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) channel: UnixStream,
    pub(super) reads: OwnedFd,
    pub(super) writes: OwnedFd,
}

/// Whether standard input is a channel, as that of no program is which a person starts.
pub(super) fn has_channel() -> bool {
    sockopt::socket_domain(io::stdin()) == Ok(AddressFamily::UNIX)
}

/// Takes the channel and the files from the places of the standard streams, and leaves nothing else open.
pub(super) fn take() -> io::Result<Given> {
    close_others()?;
    let copy = |stream: &dyn AsFd| stream.as_fd().try_clone_to_owned();
    let (channel, reads, writes) = (copy(&io::stdin())?, copy(&io::stdout())?, copy(&io::stderr())?);
    // What libraries print goes nowhere, and not into a guest's tensors.
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").map(OwnedFd::from);
    let null = null.or_else(|_| File::open("/").map(OwnedFd::from))?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(Given { channel: channel.into(), reads, writes })
}

/// Closes all descriptors but those of the standard streams: the host may have had some that `exec` does not close.
fn close_others() -> io::Result<()> {
    // SAFETY: nothing in this process owns a descriptor beyond the standard streams yet: it is called first in `main`,
    // before another thread is started or a file is opened.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    match closed {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The error of a descriptor that is gone.
pub(super) fn is_gone(error: Errno) -> bool {
    matches!(error, Errno::PIPE | Errno::CONNRESET)
}

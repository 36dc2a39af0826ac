//! The polling of file descriptors, by `poll`.

use crate::errno::Errno;
use crate::sys::poll::{Interest, Readiness};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// One wait takes no longer: macOS counts milliseconds in 31 bits.
const LONGEST: Duration = Duration::from_secs(3600);

/// Something that the system can poll, without a name of the system's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OsHandle<'a> {
    fd: BorrowedFd<'a>,
    /// It becomes readable, whatever it is that becomes ready.
    is_event: bool,
}

impl<'a> OsHandle<'a> {
    pub(super) fn new(handle: &'a impl AsFd) -> Self {
        OsHandle { fd: handle.as_fd(), is_event: false }
    }

    pub(super) fn of(fd: BorrowedFd<'a>) -> Self {
        OsHandle { fd, is_event: false }
    }

    pub(super) fn event(handle: &'a impl AsFd) -> Self {
        OsHandle { fd: handle.as_fd(), is_event: true }
    }

    /// How many bytes wait to be read; zero if the system will not say.
    pub(crate) fn available(self) -> u64 {
        rustix::io::ioctl_fionread(self.fd).unwrap_or(0)
    }
}

/// Handles to poll together, and what was found of each.
#[derive(Debug, Default)]
pub(crate) struct PollList<'a>(Vec<PollFd<'a>>);

impl<'a> PollList<'a> {
    pub(crate) fn add(&mut self, handle: OsHandle<'a>, interest: Interest) {
        let flags = match interest {
            Interest::Write if !handle.is_event => PollFlags::OUT,
            _ => PollFlags::IN,
        };
        self.0.push(PollFd::from_borrowed_fd(handle.fd, flags));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Waits until one is ready, and says whether one is. It may end early: at `timeout`, and whenever the system likes.
    ///
    /// # Errors
    ///
    /// That of a system that cannot poll.
    pub(crate) fn poll(&mut self, timeout: Option<Duration>) -> Result<bool, Errno> {
        // One that the system's structure cannot hold would be an error.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout.min(LONGEST)).ok());
        match rustix::event::poll(&mut self.0, timeout.as_ref()) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What the last wait found, in the order of adding.
    pub(crate) fn readiness(&self) -> impl Iterator<Item = Readiness> {
        self.0.iter().map(|fd| {
            let found = fd.revents();
            Readiness { ready: !found.is_empty(), hangup: found.intersects(PollFlags::HUP | PollFlags::ERR) }
        })
    }
}

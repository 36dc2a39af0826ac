//! Polling of descriptors with a deadline and an interrupt, and how a transfer may wait.

use super::interrupt::Interrupt;
use super::system::poll::PollList;
use crate::errno::Errno;
use crate::error::{Error, Result};
use std::io;
use std::time::{Duration, Instant};

pub(crate) use super::system::poll::OsHandle;

/// The direction that a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    Write,
}

/// How a transfer may wait.
#[derive(Clone, Copy)]
pub(crate) struct Wait<'a> {
    /// Give `again` rather than wait.
    pub(crate) nonblock: bool,
    /// What ends a wait.
    pub(crate) interrupt: &'a Interrupt,
}

impl Wait<'_> {
    /// Is a transfer free to wait in the system itself? Nobody minds, and nobody could end it.
    pub(super) fn may_block(self) -> bool {
        !self.nonblock && !self.interrupt.is_armed()
    }
}

/// What a wait found out about a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// A transfer would not wait.
    pub(crate) ready: bool,
    /// The other end is gone.
    pub(crate) hangup: bool,
}

/// Waits without a wake-up descriptor look at the flag this often.
const WITHOUT_WAKE: Duration = Duration::from_millis(10);

/// A set of descriptors to wait for.
#[derive(Debug, Default)]
pub(crate) struct PollSet<'a>(PollList<'a>);

impl<'a> PollSet<'a> {
    pub(crate) fn add(&mut self, handle: OsHandle<'a>, interest: Interest) {
        self.0.add(handle, interest);
    }

    /// What the last wait found, in the order of adding.
    pub(crate) fn readiness(&self) -> impl Iterator<Item = Readiness> {
        self.0.readiness()
    }

    /// Waits until a descriptor is ready or `deadline` has come, the earlier of both.
    ///
    /// # Errors
    ///
    /// The trap of an interrupt; an errno if the system cannot poll.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>, interrupt: &'a Interrupt) -> Result {
        let own = self.0.len();
        let outcome = loop {
            interrupt.check()?;
            if own == 0 && passed(deadline) {
                break Ok(());
            }
            let mut slice = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match interrupt.wake() {
                Some(wake) if self.0.len() == own => {
                    self.0.add(wake, Interest::Read);
                }
                None if interrupt.is_armed() => {
                    slice = Some(slice.map_or(WITHOUT_WAKE, |slice| slice.min(WITHOUT_WAKE)));
                }
                _ => {}
            }
            match self.0.poll(slice) {
                Ok(false) if !passed(deadline) => {}
                Ok(_) => {
                    interrupt.check()?;
                    break Ok(());
                }
                Err(errno) => break Err(Error::Errno(errno)),
            }
        };
        self.0.truncate(own);
        outcome
    }
}

fn passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

/// Waits until a transfer on `handle` would not.
///
/// # Errors
///
/// `again` if it would and `wait` forbids it; the trap of an interrupt.
pub(crate) fn ready(handle: OsHandle<'_>, interest: Interest, wait: Wait<'_>) -> Result {
    let mut set = PollSet::default();
    set.add(handle, interest);
    set.wait(wait.nonblock.then(Instant::now), wait.interrupt)?;
    if set.readiness().any(|found| found.ready) { Ok(()) } else { Err(Errno::Again.into()) }
}

/// Runs `transfer` on a descriptor that may be blocking, and which others may share, so that its flags
/// are not ours to change: it waits before it, where waiting must be avoided or could be interrupted.
pub(super) fn retry_when_ready(
    handle: OsHandle<'_>,
    interest: Interest,
    wait: Wait<'_>,
    mut transfer: impl FnMut() -> io::Result<usize>,
) -> Result<usize> {
    if !wait.may_block() {
        ready(handle, interest, wait)?;
    }
    loop {
        match transfer() {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => wait.interrupt.check()?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready(handle, interest, wait)?,
            Err(error) => return Err(Errno::from(error).into()),
        }
    }
}

//! The polling of events and consoles, pipes, and sockets, all of them together.
//!
//! No call of Windows waits for all three. Sockets are waited for, or else events and consoles; the others among them are
//! looked at in between, every [`SLICE`], since a pipe can only be peeked at, and a socket has one event for all who share it.

use super::calls;
use crate::errno::Errno;
use crate::sys::poll::{Interest, Readiness};
use std::os::windows::io::{BorrowedHandle, BorrowedSocket};
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLWRNORM, WSAPOLLFD,
};

/// How often what cannot be waited for is looked at while something else is waited for.
const SLICE: Duration = Duration::from_millis(10);

/// How long a wait is at most, where nothing says otherwise.
const LONGEST: Duration = Duration::from_secs(3600);

const NOT_READY: Readiness = Readiness { ready: false, hangup: false };
const READY: Readiness = Readiness { ready: true, hangup: false };
const HUNG_UP: Readiness = Readiness { ready: true, hangup: true };

/// Something that the system can poll.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OsHandle<'a> {
    /// An event: ready when it is signaled.
    Signal(BorrowedHandle<'a>),
    /// The input of a console, which is signaled by more than keys: by those that are let go of, by the mouse, by the focus.
    Console(BorrowedHandle<'a>),
    /// An end of a pipe. Nobody can tell whether there is room to write, so it is said that there is.
    Pipe(BorrowedHandle<'a>),
    Socket(BorrowedSocket<'a>),
    /// What never makes anybody wait.
    Always,
}

impl OsHandle<'_> {
    /// How many bytes wait to be read; zero if the system will not say.
    pub(crate) fn available(self) -> u64 {
        match self {
            OsHandle::Pipe(pipe) => calls::peek_pipe(pipe).unwrap_or(0).into(),
            OsHandle::Socket(socket) => calls::peek_socket(socket).unwrap_or(0).into(),
            OsHandle::Signal(_) | OsHandle::Console(_) | OsHandle::Always => 0,
        }
    }

    /// Must it be looked at again and again, since it cannot be waited for?
    fn needs_looks(self, interest: Interest) -> bool {
        match self {
            OsHandle::Pipe(_) => interest == Interest::Read,
            OsHandle::Console(console) => calls::is_signaled(console),
            OsHandle::Signal(_) | OsHandle::Socket(_) | OsHandle::Always => false,
        }
    }
}

#[derive(Debug)]
struct Polled<'a> {
    handle: OsHandle<'a>,
    interest: Interest,
    found: Readiness,
}

/// Handles to poll together, and what was found of each.
#[derive(Debug, Default)]
pub(crate) struct PollList<'a>(Vec<Polled<'a>>);

impl<'a> PollList<'a> {
    pub(crate) fn add(&mut self, handle: OsHandle<'a>, interest: Interest) {
        self.0.push(Polled { handle, interest, found: NOT_READY });
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Waits until one is ready, and says whether one is. It may end early: at `timeout`, and whenever it likes.
    ///
    /// # Errors
    ///
    /// That of a system that cannot poll.
    pub(crate) fn poll(&mut self, timeout: Option<Duration>) -> Result<bool, Errno> {
        if self.look(0)? {
            return Ok(true);
        }
        let mut wait = timeout.unwrap_or(LONGEST).min(LONGEST);
        // Rounded up: a wait that ends too early is made again, and would be a busy one at its end.
        let milliseconds =
            |wait: Duration| i32::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
        let sockets = self.0.iter().filter(|polled| matches!(polled.handle, OsHandle::Socket(_))).count();
        if sockets > 0 {
            let all = sockets == self.0.len();
            return self.look(milliseconds(if all { wait } else { wait.min(SLICE) }));
        }
        let signals: Vec<_> = self.0.iter().filter_map(|polled| signal(polled.handle)).collect();
        let looks = self.0.iter().any(|polled| polled.handle.needs_looks(polled.interest));
        if looks || signals.len() > calls::MOST_WAITED {
            wait = wait.min(SLICE);
        }
        if signals.is_empty() {
            std::thread::sleep(wait);
        } else {
            calls::wait_any(&signals, milliseconds(wait).unsigned_abs())?;
        }
        self.look(0)
    }

    /// Looks at all of them, and says whether one is ready. If one is a socket, it waits this long for one that is.
    fn look(&mut self, milliseconds: i32) -> Result<bool, Errno> {
        let sockets = self.0.iter().filter_map(|polled| match polled.handle {
            OsHandle::Socket(socket) => Some((calls::raw_socket(socket)?, polled.interest)),
            _ => None,
        });
        let mut polls: Vec<_> = sockets
            .map(|(fd, interest)| {
                let events = match interest {
                    Interest::Read => POLLRDNORM,
                    Interest::Write => POLLWRNORM,
                };
                WSAPOLLFD { fd, events, revents: 0 }
            })
            .collect();
        calls::poll_sockets(&mut polls, milliseconds)?;
        let mut polls = polls.into_iter();
        for Polled { handle, interest, found } in &mut self.0 {
            *found = match (*handle, *interest) {
                (OsHandle::Socket(_), _) => polls.next().map_or(HUNG_UP, |poll| of_socket(poll.revents)),
                (OsHandle::Signal(handle), _) if calls::is_signaled(handle) => READY,
                (OsHandle::Console(console), _) if calls::has_key(console).unwrap_or(true) => READY,
                (OsHandle::Signal(_) | OsHandle::Console(_), _) => NOT_READY,
                (OsHandle::Pipe(pipe), Interest::Read) => of_pipe(pipe),
                (OsHandle::Pipe(_), Interest::Write) | (OsHandle::Always, _) => READY,
            };
        }
        Ok(self.0.iter().any(|polled| polled.found.ready))
    }

    /// What the last wait found, in the order of adding.
    pub(crate) fn readiness(&self) -> impl Iterator<Item = Readiness> {
        self.0.iter().map(|polled| polled.found)
    }
}

/// What can be waited for: not a console that is signaled and not ready.
fn signal(handle: OsHandle<'_>) -> Option<BorrowedHandle<'_>> {
    match handle {
        OsHandle::Signal(event) => Some(event),
        OsHandle::Console(console) if !calls::is_signaled(console) => Some(console),
        _ => None,
    }
}

fn of_socket(events: i16) -> Readiness {
    Readiness { ready: events != 0, hangup: events & (POLLHUP | POLLERR | POLLNVAL) != 0 }
}

/// A pipe whose other end is closed, and that is empty, is at its end.
fn of_pipe(pipe: BorrowedHandle<'_>) -> Readiness {
    match calls::peek_pipe(pipe) {
        Ok(0) => NOT_READY,
        Ok(_) => READY,
        Err(_) => HUNG_UP,
    }
}

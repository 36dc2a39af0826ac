//! A worker that serves, as its host has it.

use super::descriptors::is_gone;
use super::files::Files;
use super::pool::Place;
use crate::frame::{Broken, Frames, Tag};
use crate::{Confinement, Ending, Error, Limits, MAX_MESSAGE};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};
use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use wasi_policy::{InterruptHandle, Watch};

/// The descriptor of a process, which no other process ever gets, as one may get its number.
#[derive(Debug)]
pub(super) struct Pidfd {
    fd: OwnedFd,
    was_killed: AtomicBool,
}

impl Pidfd {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Pidfd { fd, was_killed: AtomicBool::new(false) }
    }

    /// Ends it; more than once does no harm.
    pub(super) fn kill(&self) {
        self.was_killed.store(true, Ordering::SeqCst);
        // One that has ended cannot be killed, and nothing else can fail.
        let _ = pidfd_send_signal(&self.fd, Signal::KILL);
    }

    /// Waits a little for one that has closed its channel to end by itself, so that it is known how.
    pub(super) fn let_end(&self) {
        // Whatever comes of it, it is killed after this.
        let _ = self.has_ended(Timespec { tv_sec: 0, tv_nsec: 100_000_000 });
    }

    /// Whether it ends within `time`.
    fn has_ended(&self, time: Timespec) -> bool {
        poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(&time)).is_ok_and(|ready| ready > 0)
    }

    /// Waits for its end.
    pub(super) fn wait(&self, memory: u64) -> Ending {
        let status = loop {
            match waitid(WaitId::PidFd(self.fd.as_fd()), WaitIdOptions::EXITED) {
                Err(Errno::INTR) => {}
                // Without a status: where SIGCHLD is ignored, the system does not keep one.
                waited => break waited.ok().flatten(),
            }
        };
        match status.map(|status| (status.exit_status(), status.terminating_signal())) {
            Some((Some(code), _)) => Ending::Exited(code),
            Some((_, Some(signal))) => Ending::Killed { signal, memory },
            _ => Ending::Unknown,
        }
    }
}

const UNASKED: Broken = Broken::Wrong("it sent what nobody asked for");

/// A worker for one guest. It is killed and waited for when this is dropped.
pub struct Process {
    frames: Frames<UnixStream>,
    pidfd: Arc<Pidfd>,
    /// Kills it, for the thread of all watches.
    kills: Arc<dyn Fn() + Send + Sync>,
    files: Files,
    confinement: Confinement,
    memory: u64,
    /// The number of the last request, which its answer begins with.
    asked: u32,
    /// Why it is no more.
    failed: Option<Error>,
    /// Given back last.
    pub(super) place: Option<Place>,
}

impl Process {
    pub(super) fn new(
        frames: Frames<UnixStream>,
        pidfd: Arc<Pidfd>,
        files: Files,
        confinement: Confinement,
        limits: &Limits,
    ) -> Self {
        let killed = Arc::clone(&pidfd);
        let kills = Arc::new(move || killed.kill());
        let memory = limits.memory;
        Process { frames, pidfd, kills, files, confinement, memory, asked: 0, failed: None, place: None }
    }

    /// Whether it has ended, or was killed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.pidfd.has_ended(Timespec { tv_sec: 0, tv_nsec: 0 })
    }

    /// Has the service answer a request.
    ///
    /// * `request`: at most [`MAX_MESSAGE`] bytes
    /// * `deadline`: when the worker is killed if it has not answered
    /// * `interrupt`: kills the worker when it is raised
    ///
    /// # Errors
    ///
    /// All but [`Error::Busy`] and [`Error::Start`]. After each but [`Error::TooLarge`], the worker has been killed and waited
    /// for, and every later request fails with the same error.
    pub fn ask(
        &mut self,
        request: &[u8],
        deadline: Option<Instant>,
        interrupt: &InterruptHandle,
    ) -> Result<Vec<u8>, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if request.len() > MAX_MESSAGE {
            let size = |len| u64::try_from(len).unwrap_or(u64::MAX);
            return Err(Error::TooLarge { bytes: size(request.len()), max: size(MAX_MESSAGE) });
        }
        let answer = Watch::new(deadline, interrupt, Arc::clone(&self.kills))
            .map_err(Broken::System)
            .and_then(|watch| {
                let answer = self.exchange(request);
                // Once it is dropped, nobody kills the worker any more, and whoever did has said so.
                drop(watch);
                answer
            });
        if self.pidfd.was_killed.load(Ordering::SeqCst) {
            let error = if interrupt.is_raised() { Error::Interrupted } else { Error::TimedOut };
            return Err(self.end(|_| error));
        }
        answer.map_err(|broken| match broken {
            Broken::End => {
                self.pidfd.let_end();
                self.end(Error::Ended)
            }
            Broken::Wrong(reason) => self.end(|_| Error::Broke(reason)),
            Broken::System(_) => self.end(|_| Error::Broke("the system cannot reach it")),
        })
    }

    /// The files that it shares with the host.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What confines it.
    #[must_use]
    pub fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// Kills it, since what it answered cannot be. Every later request fails with the error that this gives.
    ///
    /// * `reason`: what is wrong with the answer, for people
    pub fn fail(&mut self, reason: &'static str) -> Error {
        self.end(|_| Error::Broke(reason))
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Broken> {
        self.check_quiet()?;
        self.asked = self.asked.wrapping_add(1);
        let number = self.asked.to_le_bytes();
        self.frames.send(Tag::Request, &[&number, request])?;
        let (_, answer) = self.frames.receive(&[Tag::Answer])?;
        answer.strip_prefix(&number).map(<[u8]>::to_vec).ok_or(UNASKED)
    }

    /// Makes sure that nothing has come that nobody asked for.
    fn check_quiet(&self) -> Result<(), Broken> {
        if self.frames.has_rest() {
            return Err(UNASKED);
        }
        match recv(self.frames.stream(), &mut [0; 1][..], RecvFlags::DONTWAIT | RecvFlags::PEEK) {
            Err(Errno::AGAIN) => Ok(()),
            Ok((0, _)) => Err(Broken::End),
            Ok(_) => Err(UNASKED),
            Err(error) if is_gone(error) => Err(Broken::End),
            Err(error) => Err(Broken::System(error.into())),
        }
    }

    /// Makes sure that it has ended, and remembers why.
    fn end(&mut self, why: impl FnOnce(Ending) -> Error) -> Error {
        if let Some(error) = &self.failed {
            return error.clone();
        }
        self.pidfd.kill();
        let error = why(self.pidfd.wait(self.memory));
        self.place = None;
        tracing::info!("{error}");
        self.failed.insert(error).clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.failed.is_none() {
            self.pidfd.kill();
            self.pidfd.wait(self.memory);
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("pidfd", &self.pidfd)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

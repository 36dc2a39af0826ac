//! The program that is started as a worker, and its start.

use super::files::{Files, Shared};
use super::passing;
use super::process::{Pidfd, Process};
use crate::frame::{Broken, Frames, Tag};
use crate::start::{self, Begin, MAX_REASON};
use crate::{ARGUMENT, Error, Limits};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;
use wasi_policy::{InterruptHandle, Printable, Watch};

/// A program that is a worker when it is started as one: its `main` calls [`serve`](crate::serve) first.
///
/// It is started with the arguments that were given and [`ARGUMENT`] as the last, in the root directory, with the variables of
/// the environment that were given and no others.
#[derive(Clone, Debug)]
pub struct Worker {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

impl Worker {
    /// The program at `path`.
    pub fn command(path: impl Into<PathBuf>) -> Self {
        Worker { program: path.into(), arguments: Vec::new(), variables: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds a variable of the environment, for a library that can be told something in no other way.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Starts a worker and waits until it is confined and serves. The thread that calls this must live as long as the
    /// worker, which dies with it (prctl(2), `PR_SET_PDEATHSIG`).
    pub(super) fn start(&self, begin: &Begin, limits: &Limits) -> Result<Process, Error> {
        let failed = |reason: String| Error::Start { program: self.program.display().to_string(), reason };
        let system = |error: std::io::Error| failed(error.to_string());
        let (ours, theirs) = UnixStream::pair().map_err(system)?;
        let (files, shared) = Files::new(limits.file_bytes).map_err(system)?;
        let Shared { reads, writes, memories } = shared;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(ARGUMENT).current_dir("/");
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        command.stdout(Stdio::from(reads)).stderr(Stdio::from(writes));
        let child = command.spawn().map_err(system)?;
        // The command has the other end of the channel, which would never be at its end.
        drop(command);
        let number = child.id();
        let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| failed("the system gave no number".to_owned()))?;
        // Should somebody else have waited for it already, this may be another process. Whoever answers below to what is
        // sent after this is alive then, so its number was not given to another.
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Arc::new(Pidfd::new(pidfd)),
            // The channel ends with this, and the worker with that.
            Err(error) => return Err(failed(format!("no descriptor for it: {error}; that needs Linux 5.4"))),
        };
        let killer = Arc::clone(&pidfd);
        let due = Instant::now().checked_add(limits.start_time);
        let watch =
            Watch::new(due, &InterruptHandle::default(), Arc::new(move || killer.kill())).map_err(system)?;
        let mut frames = Frames::new(ours);
        let greeted = greet(&mut frames, begin, number, &memories);
        drop(watch);
        match greeted {
            Ok(confinement) => Ok(Process::new(frames, pidfd, files, confinement, limits)),
            Err(reason) => {
                if reason.is_none() {
                    pidfd.let_end();
                }
                pidfd.kill();
                let ending = pidfd.wait(limits.memory);
                Err(failed(reason.unwrap_or_else(|| format!("it {ending}"))))
            }
        }
    }
}

/// The conversation of a worker's start.
///
/// # Errors
///
/// Why there is no worker; nothing if it has ended.
fn greet(
    frames: &mut Frames<UnixStream>,
    begin: &Begin,
    number: u32,
    memories: &[OwnedFd; 2],
) -> Result<crate::Confinement, Option<String>> {
    let broken = |broken: Broken| match broken {
        Broken::End => None,
        Broken::Wrong(reason) => Some(reason.to_owned()),
        Broken::System(error) => Some(error.to_string()),
    };
    let (_, hello) = frames.receive(&[Tag::Hello]).map_err(broken)?;
    start::check_hello(hello, number)?;
    passing::send(frames.stream(), &memories.each_ref().map(AsFd::as_fd)).map_err(broken)?;
    frames.send(Tag::Begin, &[&begin.encode()]).map_err(broken)?;
    match frames.receive(&[Tag::Ready, Tag::Refused]).map_err(broken)? {
        (Tag::Ready, message) => {
            start::confinement(message).ok_or_else(|| Some("it says nothing of what confines it".to_owned()))
        }
        (_, reason) => {
            let reason = String::from_utf8_lossy(reason);
            Err(Some(Printable::at_most(&reason, MAX_REASON).to_string()))
        }
    }
}

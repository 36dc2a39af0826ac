//! The beginning of a worker: it greets its host, loads what it needs, and is confined.

use super::confine::confine;
use super::files::{Files, Shared};
use super::passing;
use super::processor_time::ProcessorTime;
use crate::Service;
use crate::frame::{Broken, Frames, Tag};
use crate::start::{self, Begin, MAX_REASON};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process;

/// What a worker serves with.
pub(super) struct Begun {
    pub(super) service: Box<dyn Service>,
    pub(super) files: Files,
    /// Bytes of the stack.
    pub(super) stack: usize,
    /// For each request.
    pub(super) processor_time: ProcessorTime,
}

/// Begins, until the service is ready for requests.
pub(super) fn begin(
    frames: &mut Frames<UnixStream>,
    (reads, writes): (OwnedFd, OwnedFd),
    offer: &dyn Fn(&str) -> Option<Box<dyn Service>>,
) -> Result<Begun, Broken> {
    // Should the host have ended before this, the channel is at its end, and so is this process soon.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| Broken::System(error.into()))?;
    frames.send(Tag::Hello, &[&start::hello(process::id())])?;
    let memories = passing::receive(frames.stream())?;
    let (_, message) = frames.receive(&[Tag::Begin])?;
    let begin = Begin::decode(message).ok_or(Broken::Wrong("the host's beginning cannot be read"))?;
    // Mapped now, since a worker that is confined maps nothing that is shared.
    let files = Files::of(Shared { reads, writes, memories }, begin.file_bytes).map_err(Broken::System)?;
    let prepared = offer(&begin.service)
        .ok_or_else(|| format!("the program has no service `{}`", begin.service))
        .and_then(|mut service| service.prepare(&begin.config).map(|needs| (service, needs)))
        .and_then(|(service, needs)| confine(&begin, &needs).map(|confinement| (service, confinement)));
    match prepared {
        Ok((service, confinement)) => {
            frames.send(Tag::Ready, &[&start::ready(confinement)])?;
            let stack = usize::try_from(begin.stack).unwrap_or(usize::MAX);
            let processor_time = ProcessorTime::new(begin.processor_time);
            Ok(Begun { service, files, stack, processor_time })
        }
        Err(reason) => {
            let reason: String = reason.chars().take(MAX_REASON / 4).collect();
            frames.send(Tag::Refused, &[reason.as_bytes()])?;
            Err(Broken::Wrong("it cannot serve"))
        }
    }
}

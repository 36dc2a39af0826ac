//! The memory that a host and its worker share: a file and a memory for each direction.

use super::memory::{Incoming, Outgoing, Region};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// What is too large for messages: a file and a memory that this side writes, and a file and a memory that the other side
/// writes.
///
/// The files are for what is sent once, such as a model, and are read and written by the system. The memories are for
/// what is sent again and again, such as tensors: both sides map them, so that a copy is all that it takes. Whatever the other
/// side does meanwhile, what was read is this side's own. Each takes memory as far as it was written, up to
/// [`Limits::file_bytes`](crate::Limits::file_bytes).
#[derive(Debug)]
pub struct Files {
    reads: File,
    writes: File,
    incoming: Incoming,
    outgoing: Arc<Outgoing>,
    max: u64,
}

/// The descriptors of a worker, but for the channel.
#[derive(Debug)]
pub(super) struct Shared {
    /// The file that the worker reads.
    pub(super) reads: OwnedFd,
    /// The file that the worker writes.
    pub(super) writes: OwnedFd,
    /// The memory that the worker reads, and the one that it writes.
    pub(super) memories: [OwnedFd; 2],
}

impl Files {
    /// Makes them, for the host, and the worker's descriptors of them.
    pub(super) fn new(max: u64) -> io::Result<(Self, Shared)> {
        let make = |name| Ok::<_, io::Error>(File::from(memfd_create(name, MemfdFlags::CLOEXEC)?));
        let (reads, writes) = (make("worker-answers")?, make("worker-requests")?);
        let ((incoming, outputs), (outgoing, inputs)) = (Incoming::new(max)?, Outgoing::new(max)?);
        let copy = |file: &File| file.as_fd().try_clone_to_owned();
        let shared = Shared { reads: copy(&writes)?, writes: copy(&reads)?, memories: [inputs, outputs] };
        Ok((Files { reads, writes, incoming, outgoing: Arc::new(outgoing), max }, shared))
    }

    /// Takes those that were made, for the worker.
    pub(super) fn of(shared: Shared, max: u64) -> io::Result<Self> {
        let Shared { reads, writes, memories: [inputs, outputs] } = shared;
        let (incoming, outgoing) = (Incoming::of(&inputs)?, Arc::new(Outgoing::of(outputs)?));
        Ok(Files { reads: reads.into(), writes: writes.into(), incoming, outgoing, max })
    }

    /// A region of `len` bytes in the memory that this side writes.
    ///
    /// * `old`: a region that is no longer needed; if it has as many bytes, it is given again, with what is in it
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::FileTooLarge`] if the memory has no room, and what the system says if that has none.
    pub fn region(&self, old: Option<Region>, len: usize) -> io::Result<Region> {
        self.outgoing.region(old, len)
    }

    /// Copies into `bytes` what the other side has at `at` in the memory that it writes; zeros where it has written
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] behind the end of the memory.
    pub fn copy(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.incoming.copy(at, bytes)
    }

    /// Fills `bytes` with what the other side wrote into its file at `at`.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::UnexpectedEof`] if the other side wrote less.
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.reads.read_exact_at(bytes, at)
    }

    /// Writes `bytes` into this side's file at `at`.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::FileTooLarge`] beyond the limit, or beyond this process's own.
    pub fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let end = u64::try_from(bytes.len()).ok().and_then(|len| at.checked_add(len));
        // Beyond it, the system would end this process with a signal (setrlimit(2), RLIMIT_FSIZE).
        let own = getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX);
        match end {
            Some(end) if end <= self.max.min(own) => self.writes.write_all_at(bytes, at),
            _ => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }

    /// Bytes that each file and each memory may have.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// Gives back what this side's file takes.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn clear(&self) -> io::Result<()> {
        self.writes.set_len(0)
    }
}

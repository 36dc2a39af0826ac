//! The two files in memory that a host and its worker share, one for each direction.

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Two files in memory: one that this side writes, and one that the other side writes.
///
/// They are read and written by copying, and never mapped: whatever the other side does meanwhile, what was read is this
/// side's own. They take memory as far as they were written, up to [`Limits::file_bytes`](crate::Limits::file_bytes) each.
#[derive(Debug)]
pub struct Files {
    pub(super) reads: File,
    pub(super) writes: File,
    max: u64,
}

impl Files {
    /// Makes them, for the host.
    pub(super) fn new(max: u64) -> io::Result<Self> {
        let make = |name| Ok::<_, io::Error>(File::from(memfd_create(name, MemfdFlags::CLOEXEC)?));
        Ok(Files { reads: make("worker-answers")?, writes: make("worker-requests")?, max })
    }

    /// Takes those that were made.
    pub(super) fn of(reads: File, writes: File, max: u64) -> Self {
        Files { reads, writes, max }
    }

    /// Fills `bytes` with what the other side wrote at `at`.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::UnexpectedEof`] if the other side wrote less.
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.reads.read_exact_at(bytes, at)
    }

    /// Writes `bytes` at `at` for the other side.
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

    /// Bytes that each file may have.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// Gives back the memory of what this side wrote.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn clear(&self) -> io::Result<()> {
        self.writes.set_len(0)
    }
}

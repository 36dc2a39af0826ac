//! The open files that a guest can be given, each with its number and the flags that it starts with.

use super::BuildError;
use crate::abi::{Fd, Fdflags};
use crate::errno::Errno;
use crate::guest::entry::Entry;
use crate::sys::file::HostFile;
use crate::vfs::{Access, File, OpenFile};
use std::fmt;
use std::fs;
use std::io;

/// An open file for a guest: a handle of the host's, or a [`File`] of the embedder's own.
///
/// Either turns into one where a method asks for it, with the lowest number that is free and no flags; where that is to
/// be otherwise, it is said here.
///
/// A handle can be that of a file, a FIFO, a pipe, a connected socket or a terminal, each turned into a [`fs::File`]. It
/// shares the cursor with other handles that were cloned from it. Their flags are not changed, whatever the guest does
/// with its own; what was opened to append to, or to bring each write to the disk, stays so. A stream may be blocking: an
/// interrupt ends the guest's waiting all the same. A connected socket is one for the guest's calls of sockets, too; one
/// that listens is given as a [`Listener`](crate::Listener), and a directory as a [`HostDir`](crate::HostDir).
///
/// ```
/// use wasi_snapshot::{Access, PreopenFile, WasiCtx};
///
/// let (input, log) = (tempfile::tempfile()?, tempfile::tempfile()?);
/// let ctx = WasiCtx::builder()
///     .preopen_file(input, Access::Read)
///     .preopen_file(PreopenFile::from(log).at(5).appending(true), Access::Write)
///     .build()?;
/// assert!(ctx.fds().map(|open| open.fd).eq([0, 1, 2, 3, 5]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PreopenFile {
    what: What,
    at: Option<Fd>,
    starts: Vec<(Fdflags, bool)>,
}

enum What {
    Handle(fs::File),
    Own(Box<dyn File>),
}

impl PreopenFile {
    fn new(what: What) -> Self {
        PreopenFile { what, at: None, starts: Vec::new() }
    }

    /// Its number is to be `fd`. Those below 3 are the standard streams', and the next ones those of the directories that
    /// the builder was told of.
    #[must_use]
    pub fn at(mut self, fd: u32) -> Self {
        self.at = Some(fd);
        self
    }

    /// It starts non-blocking or not, as if the guest had set the flag, which it may change. Without, it starts blocking.
    #[must_use]
    pub fn nonblocking(self, nonblock: bool) -> Self {
        self.starting(Fdflags::NONBLOCK, nonblock)
    }

    /// It starts with writes that go to the end or not, as if the guest had set `append`, which it may change. Without,
    /// only a handle that was [opened to append to](fs::OpenOptions::append) starts so, and stays so.
    #[must_use]
    pub fn appending(self, append: bool) -> Self {
        self.starting(Fdflags::APPEND, append)
    }

    fn starting(mut self, flag: Fdflags, set: bool) -> Self {
        self.starts.push((flag, set));
        self
    }

    /// The number that was chosen.
    pub(super) fn number(&self) -> Option<Fd> {
        self.at
    }

    pub(crate) fn open(self, access: Access) -> Result<Prepared, Unusable> {
        let file = match self.what {
            What::Handle(handle) => OpenFile::Host(HostFile::from_handle(handle).map_err(Unusable::Handle)?),
            What::Own(file) => OpenFile::given(file, Fdflags::empty()).map_err(Unusable::Own)?,
        };
        Ok(Prepared { at: self.at, entry: Entry::given(file, access), starts: self.starts })
    }
}

/// A descriptor before it is in the table.
pub(crate) struct Prepared {
    /// The number that was chosen.
    pub(crate) at: Option<Fd>,
    pub(crate) entry: Entry,
    /// Flags to set before the guest starts.
    pub(crate) starts: Vec<(Fdflags, bool)>,
}

/// Has a descriptor start with a flag or without.
///
/// # Errors
///
/// `inval` for what was opened to append to, and is not to.
pub(crate) fn start(entry: &mut Entry, flag: Fdflags, set: bool) -> Result<(), Errno> {
    let mut wanted = entry.flags;
    wanted.set(flag, set);
    entry.set_flags(wanted)
}

/// Why there is no file behind what was given.
pub(crate) enum Unusable {
    Handle(io::Error),
    Own(Errno),
}

impl From<Unusable> for BuildError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Handle(error) => BuildError::File(error),
            Unusable::Own(errno) => BuildError::OwnFile(errno),
        }
    }
}

impl From<Unusable> for Errno {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Handle(error) => error.into(),
            Unusable::Own(errno) => errno,
        }
    }
}

impl From<fs::File> for PreopenFile {
    fn from(handle: fs::File) -> Self {
        PreopenFile::new(What::Handle(handle))
    }
}

impl<F: File> From<F> for PreopenFile {
    fn from(file: F) -> Self {
        PreopenFile::new(What::Own(Box::new(file)))
    }
}

impl fmt::Debug for PreopenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what: &dyn fmt::Debug = match &self.what {
            What::Handle(handle) => handle,
            What::Own(_) => &"dyn File",
        };
        f.debug_struct("PreopenFile")
            .field("what", what)
            .field("at", &self.at)
            .field("starts", &self.starts)
            .finish()
    }
}

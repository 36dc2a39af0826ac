//! What stands behind a guest's standard streams when it is not the host's own.

use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::Result;
use crate::file::{At, File, Wait};
use crate::sys::stdio::Inherited;
use std::fmt;
use std::io::{self, Cursor, IoSlice, IoSliceMut, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a guest reads from its standard input.
pub struct Source(pub(crate) SourceKind);

pub(crate) enum SourceKind {
    Bytes(Vec<u8>),
    Inherit,
}

impl Source {
    /// Nothing: the end comes at once.
    #[must_use]
    pub fn empty() -> Self {
        Source::bytes([])
    }

    /// These bytes, then the end.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Source(SourceKind::Bytes(bytes.into()))
    }

    /// The host's standard input.
    #[must_use]
    pub fn inherit() -> Self {
        Source(SourceKind::Inherit)
    }

    pub(crate) fn into_file(self) -> Box<dyn File> {
        match self.0 {
            SourceKind::Bytes(bytes) => Box::new(Bytes(Cursor::new(bytes))),
            SourceKind::Inherit => Box::new(Inherited::stdin()),
        }
    }
}

/// Where a guest's standard output or standard error goes.
pub struct Sink(SinkKind);

enum SinkKind {
    Discard,
    Inherit,
    Capture(Captured),
}

/// Which of the two output streams a sink becomes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

impl Sink {
    /// Nowhere.
    #[must_use]
    pub fn discard() -> Self {
        Sink(SinkKind::Discard)
    }

    /// The host's stream of the same name, unbuffered.
    #[must_use]
    pub fn inherit() -> Self {
        Sink(SinkKind::Inherit)
    }

    /// Memory of the host, up to `limit` bytes. A guest that writes more gets `nospc` once it is full.
    #[must_use]
    pub fn capture(limit: usize) -> (Self, Captured) {
        let captured = Captured(Arc::new(Mutex::new(Buffer { bytes: Vec::new(), limit, truncated: false })));
        (Sink(SinkKind::Capture(captured.clone())), captured)
    }

    pub(crate) fn into_file(self, output: Output) -> Box<dyn File> {
        match (self.0, output) {
            (SinkKind::Discard, _) => Box::new(Discard),
            (SinkKind::Capture(captured), _) => Box::new(captured),
            (SinkKind::Inherit, Output::Stdout) => Box::new(Inherited::stdout()),
            (SinkKind::Inherit, Output::Stderr) => Box::new(Inherited::stderr()),
        }
    }
}

/// What a guest wrote to a [`Sink::capture`]. Clones share the bytes.
#[derive(Clone)]
pub struct Captured(Arc<Mutex<Buffer>>);

struct Buffer {
    bytes: Vec<u8>,
    limit: usize,
    truncated: bool,
}

impl Captured {
    /// A copy of everything written so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Everything written since the last time it was taken. It makes room for as much again.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().bytes)
    }

    /// Did the guest ever try to write more than the limit?
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.lock().truncated
    }

    /// A thread that panicked while it held the lock cannot have left half a byte behind.
    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buffer = self.lock();
        f.debug_struct("Captured").field("len", &buffer.bytes.len()).field("limit", &buffer.limit).finish()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            SourceKind::Bytes(_) => "Source::bytes",
            SourceKind::Inherit => "Source::inherit",
        })
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            SinkKind::Discard => "Sink::discard",
            SinkKind::Inherit => "Sink::inherit",
            SinkKind::Capture(_) => "Sink::capture",
        })
    }
}

struct Bytes(Cursor<Vec<u8>>);

impl File for Bytes {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Ok(self.0.read_vectored(buffers).map_err(Errno::from)?)
    }

    fn write(&mut self, _: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    fn available(&self) -> u64 {
        let len = u64::try_from(self.0.get_ref().len()).unwrap_or(u64::MAX);
        len.saturating_sub(self.0.position())
    }
}

struct Discard;

impl File for Discard {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, _: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Ok(io::Write::write_vectored(&mut io::sink(), buffers).map_err(Errno::from)?)
    }
}

impl File for Captured {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, _: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    /// Takes what still fits. Buffers may alias the same guest bytes many times over, so the limit is
    /// looked at for each of them.
    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        let mut captured = self.lock();
        let before = captured.bytes.len();
        for buffer in buffers {
            let room = captured.limit.saturating_sub(captured.bytes.len());
            let fits = buffer.get(..room).unwrap_or(buffer);
            captured.bytes.extend_from_slice(fits);
            if fits.len() < buffer.len() {
                captured.truncated = true;
                break;
            }
        }
        match captured.bytes.len() - before {
            0 if captured.truncated => Err(Errno::Nospc.into()),
            written => Ok(written),
        }
    }
}

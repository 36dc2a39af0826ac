//! Output that the host keeps in memory.

use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::sys::description::{At, FileDescription};
use crate::sys::poll::Wait;
use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasi_policy::Trap;

/// What happens when a guest writes more than a capture holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnLimit {
    /// The guest is told that there is no space, `nospc`, and goes on.
    #[default]
    NoSpace,
    /// The guest is told that all went well; what does not fit is lost.
    Discard,
    /// The guest ends with a trap.
    Trap,
}

/// What a guest wrote to a [`Sink::capture`](super::Sink::capture). Clones share the bytes.
///
/// ```
/// use wasi_snapshot::Sink;
///
/// let (sink, captured) = Sink::capture(1024);
/// # drop(sink);
/// assert!(captured.bytes().is_empty() && !captured.is_truncated());
/// ```
#[derive(Clone)]
pub struct Captured(Arc<Mutex<Buffer>>);

struct Buffer {
    bytes: Vec<u8>,
    limit: usize,
    on_limit: OnLimit,
    truncated: bool,
}

/// A capture of more than its limit, for the trap.
#[derive(Debug, thiserror::Error)]
#[error("the guest wrote more than the {0} bytes that are kept of its output")]
struct TooMuch(usize);

impl Captured {
    pub(super) fn new(limit: usize, on_limit: OnLimit) -> Self {
        Captured(Arc::new(Mutex::new(Buffer { bytes: Vec::new(), limit, on_limit, truncated: false })))
    }

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
    pub fn is_truncated(&self) -> bool {
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

impl Buffer {
    /// Takes what still fits. Buffers may alias the same guest bytes many times over, so the limit is
    /// looked at for each of them.
    fn push(&mut self, buffers: &[IoSlice<'_>]) -> usize {
        let before = self.bytes.len();
        for buffer in buffers {
            let room = self.limit.saturating_sub(self.bytes.len());
            let fits = buffer.get(..room).unwrap_or(buffer);
            self.bytes.extend_from_slice(fits);
            if fits.len() < buffer.len() {
                self.truncated = true;
                break;
            }
        }
        self.bytes.len() - before
    }
}

impl FileDescription for Captured {
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    fn read(&mut self, _: &mut [IoSliceMut<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        Err(Errno::Badf.into())
    }

    fn write(&mut self, buffers: &[IoSlice<'_>], _: At, _: Wait<'_>) -> Result<usize> {
        let mut captured = self.lock();
        let taken = captured.push(buffers);
        let wanted = super::total(buffers);
        match captured.on_limit {
            _ if taken == wanted => Ok(taken),
            OnLimit::Discard => Ok(wanted),
            OnLimit::Trap => Err(Error::Trap(Trap::Host(Box::new(TooMuch(captured.limit))))),
            OnLimit::NoSpace if taken == 0 => Err(Errno::Nospc.into()),
            OnLimit::NoSpace => Ok(taken),
        }
    }
}

//! The bytes of a file in memory, shared until somebody writes to them.

use crate::errno::Errno;
use std::sync::Arc;

/// Bytes that a file starts with. Static and shared ones are not copied until the file is written.
///
/// ```
/// use wasi_snapshot::Contents;
///
/// let embedded = Contents::from(b"in the program's own image");
/// let owned = Contents::from(vec![1, 2, 3]);
/// assert_eq!((embedded.as_ref().len(), owned.as_ref().len()), (26, 3));
/// ```
#[derive(Clone, Debug)]
pub struct Contents(Backing);

#[derive(Clone, Debug)]
enum Backing {
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
    Own(Vec<u8>),
}

impl AsRef<[u8]> for Contents {
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Backing::Static(bytes) => bytes,
            Backing::Shared(bytes) => bytes,
            Backing::Own(bytes) => bytes,
        }
    }
}

impl Default for Contents {
    fn default() -> Self {
        Contents(Backing::Static(&[]))
    }
}

impl From<&'static [u8]> for Contents {
    fn from(bytes: &'static [u8]) -> Self {
        Contents(Backing::Static(bytes))
    }
}

impl<const LEN: usize> From<&'static [u8; LEN]> for Contents {
    fn from(bytes: &'static [u8; LEN]) -> Self {
        Contents(Backing::Static(bytes))
    }
}

impl From<&'static str> for Contents {
    fn from(text: &'static str) -> Self {
        Contents(Backing::Static(text.as_bytes()))
    }
}

impl From<Arc<[u8]>> for Contents {
    fn from(bytes: Arc<[u8]>) -> Self {
        Contents(Backing::Shared(bytes))
    }
}

impl From<Vec<u8>> for Contents {
    fn from(bytes: Vec<u8>) -> Self {
        Contents(Backing::Own(bytes))
    }
}

impl Contents {
    pub(super) fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Copies bytes from `offset` on, and counts them.
    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> usize {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.as_ref().get(offset..));
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        count
    }

    /// Cuts off, or extends with zeros.
    ///
    /// # Errors
    ///
    /// `nospc` if the host has no memory left.
    pub(super) fn resize(&mut self, len: usize) -> Result<(), Errno> {
        let own = self.own(len)?;
        own.resize(len, 0);
        // What was cut off must not go on taking memory that nobody counts.
        if len < own.capacity() / 2 {
            own.shrink_to_fit();
        }
        Ok(())
    }

    /// Writes at `offset`; the file has been made long enough.
    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) -> Result<(), Errno> {
        let len = self.len();
        let place = self.own(len)?.get_mut(offset..).and_then(|rest| rest.get_mut(..bytes.len()));
        place.ok_or(Errno::Fbig)?.copy_from_slice(bytes);
        Ok(())
    }

    /// The bytes as our own, with room for `len`.
    fn own(&mut self, len: usize) -> Result<&mut Vec<u8>, Errno> {
        if !matches!(self.0, Backing::Own(_)) {
            let mut own = Vec::new();
            own.try_reserve_exact(len.max(self.len())).map_err(|_| Errno::Nospc)?;
            own.extend_from_slice(self.as_ref());
            self.0 = Backing::Own(own);
        }
        let Backing::Own(own) = &mut self.0 else { return Err(Errno::Io) };
        own.try_reserve(len.saturating_sub(own.len())).map_err(|_| Errno::Nospc)?;
        Ok(own)
    }
}

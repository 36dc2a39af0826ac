//! What a guest may still write and create.

use crate::errno::Errno;
use crate::limits::Limits;

/// What is left of the quotas over a guest's life.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    bytes: u64,
    entries: u64,
}

impl Quota {
    pub(crate) fn new(limits: &Limits) -> Self {
        Quota { bytes: limits.max_written_bytes, entries: limits.max_created_entries }
    }

    /// How many bytes may be written now.
    ///
    /// # Errors
    ///
    /// `dquot` if none may.
    #[inline]
    pub(crate) fn room(&self) -> Result<u64, Errno> {
        if self.bytes > 0 { Ok(self.bytes) } else { Err(Errno::Dquot) }
    }

    /// Takes what was written.
    #[inline]
    pub(crate) fn spend(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Makes a file grow, if it does, and counts that.
    ///
    /// # Errors
    ///
    /// `dquot` if it is more than is left, and those of `grow`.
    pub(crate) fn grow(
        &mut self,
        from: u64,
        to: u64,
        grow: impl FnOnce() -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let left = self.bytes.checked_sub(to.saturating_sub(from)).ok_or(Errno::Dquot)?;
        grow()?;
        self.bytes = left;
        Ok(())
    }

    /// Creates something, and counts it.
    ///
    /// # Errors
    ///
    /// `dquot` if nothing more may be created, and those of `create`.
    pub(crate) fn create<T>(&mut self, create: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
        let left = self.entries.checked_sub(1).ok_or(Errno::Dquot)?;
        let created = create()?;
        self.entries = left;
        Ok(created)
    }
}

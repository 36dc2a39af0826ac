//! An open file of a tree in memory.

use super::SharedTree;
use super::tree::Id;
use crate::abi::{Filestat, SetTime};
use crate::errno::Errno;
use crate::vfs::File;
use std::sync::Arc;

/// Keeps its node for as long as it is open, with or without a name.
pub(super) struct MemFile(Held);

/// A node that is kept.
pub(super) struct Held {
    pub(super) shared: Arc<SharedTree>,
    pub(super) id: Id,
}

impl Held {
    /// Takes over a node that has been held already.
    pub(super) fn adopt(shared: &Arc<SharedTree>, id: Id) -> Self {
        Held { shared: Arc::clone(shared), id }
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        // It is there, since it is held.
        let _ = self.shared.lock().hold(self.id);
        Held::adopt(&self.shared, self.id)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It is there, since it is held.
        let _ = self.shared.lock().release(self.id);
    }
}

impl MemFile {
    pub(super) fn new(held: Held) -> Self {
        MemFile(held)
    }
}

impl File for MemFile {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.0.shared.lock().filestat(self.0.id)
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        Ok(self.0.shared.lock().contents(self.0.id)?.read(buffer, offset))
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.0.shared.lock().write(self.0.id, bytes, offset)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut tree = self.0.shared.lock();
        let end = tree.filestat(self.0.id)?.size;
        tree.write(self.0.id, bytes, end)
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        // What no pointer reaches has no room either.
        let size = usize::try_from(size).map_err(|_| Errno::Nospc)?;
        self.0.shared.lock().resize(self.0.id, size)
    }

    fn set_times(&mut self, accessed: SetTime, modified: SetTime) -> Result<(), Errno> {
        let mut tree = self.0.shared.lock();
        tree.writable()?;
        tree.set_times(self.0.id, accessed, modified)
    }
}

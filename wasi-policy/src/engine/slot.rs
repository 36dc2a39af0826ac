//! The place in a store's data that keeps the guest's memory at hand; the same for every engine.

use crate::MemoryFault;

/// The export that WASI calls work on, by the convention of the witx ABI.
pub(crate) const EXPORT: &str = "memory";

/// Keeps the memory, an engine's `M`, of a store's only instance.
///
/// It belongs into the data of the store whose instance it is bound to. Data that is moved to another
/// store must take a new, unbound slot along: engines panic on a memory of a foreign store.
#[derive(Debug)]
pub struct MemorySlot<M>(Option<M>);

/// A memory that cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The slot has a memory: the store holds a second instance.
    #[error("this store has a bound instance already; use `many_instances` for stores with several")]
    Taken,
    /// The instance has no memory that WASI calls could use.
    #[error(transparent)]
    Fault(#[from] MemoryFault),
}

impl<M> MemorySlot<M> {
    /// A slot without a memory.
    #[must_use]
    pub const fn new() -> Self {
        MemorySlot(None)
    }

    /// The memory, once bound.
    #[inline]
    pub(crate) fn bound(&self) -> Option<&M> {
        self.0.as_ref()
    }

    /// Binds `memory` for the slot's whole life.
    pub(crate) fn bind(&mut self, memory: M) -> Result<(), BindError> {
        match self.0 {
            Some(_) => Err(BindError::Taken),
            None => {
                self.0 = Some(memory);
                Ok(())
            }
        }
    }
}

impl<M> Default for MemorySlot<M> {
    fn default() -> Self {
        MemorySlot::new()
    }
}

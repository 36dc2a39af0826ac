//! The slot for a guest's memory in a store's data; the same for every engine.

use crate::MemoryFault;

/// The export that WASI calls work on, by the convention of the witx ABI.
pub const MEMORY_EXPORT: &str = "memory";

/// Keeps the memory, an engine's `M`, of a store's only instance.
///
/// A host function needs the memory of the guest that called it. Looking the export up by name costs several times the
/// rest of a call, so adapters come in two kinds, and the choice is the embedder's to make in the open:
///
/// * `one_instance`: a store holds a single instance, by far the usual case. Its memory is bound once, with the
///   adapter's `bind`, in a slot that lives in the store's data. Until then (in a start function) calls look the memory
///   up. A module without a memory cannot be bound and can still run, so let that error pass.
/// * `many_instances`: a store holds several instances, or the embedder does not want to bind. Every call looks up the
///   memory that its caller exports.
///
/// A slot takes one memory in its life: binding it again is an error. With `one_instance`, a second instance that ran in
/// the same store would work on the memory of the first; where that could happen, limit the store to one instance.
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
    #[must_use]
    pub fn bound(&self) -> Option<&M> {
        self.0.as_ref()
    }

    /// Binds `memory`, or notes that there is none that could be used.
    ///
    /// # Errors
    ///
    /// [`BindError::Taken`] if the slot has a memory, which stays; [`BindError::Fault`] with the fault of `memory`.
    pub fn bind(&mut self, memory: Result<M, MemoryFault>) -> Result<(), BindError> {
        match self.0 {
            Some(_) => Err(BindError::Taken),
            None => {
                self.0 = Some(memory?);
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

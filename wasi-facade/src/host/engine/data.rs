//! The data of a guest's store, the same for each engine.

use super::budget::RunBudget;
use crate::host::bounds::Bounds;
use wasi_policy::{InterruptHandle, MemorySlot};

/// The data of a store: `C` the contexts, `M` the engine's memory.
pub(super) struct Data<C, M> {
    pub(super) contexts: C,
    pub(super) memory: MemorySlot<M>,
    pub(super) budget: RunBudget,
    pub(super) stop: InterruptHandle,
}

impl<C, M> Data<C, M> {
    pub(super) fn new(contexts: C, bounds: &Bounds, stop: InterruptHandle) -> Self {
        Data { contexts, memory: MemorySlot::new(), budget: RunBudget::new(bounds), stop }
    }
}

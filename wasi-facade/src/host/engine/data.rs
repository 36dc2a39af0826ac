//! What a guest's store holds, whatever the engine.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wasi_policy::engine::MemorySlot;

/// The data of a store: `C` the contexts, `M` the engine's memory, `L` the engine's limits.
pub(super) struct Data<C, M, L> {
    pub(super) contexts: C,
    pub(super) memory: MemorySlot<M>,
    pub(super) limits: L,
    pub(super) stop: Arc<AtomicBool>,
}

impl<C, M, L> Data<C, M, L> {
    pub(super) fn new(contexts: C, limits: L, stop: Arc<AtomicBool>) -> Self {
        Data { contexts, memory: MemorySlot::new(), limits, stop }
    }
}

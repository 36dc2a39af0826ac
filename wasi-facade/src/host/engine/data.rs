//! The data of a guest's store, the same for each engine.

use super::budget::Budget;
use crate::host::Options;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wasi_policy::MemorySlot;

/// The data of a store: `C` the contexts, `M` the engine's memory.
pub(super) struct Data<C, M> {
    pub(super) contexts: C,
    pub(super) memory: MemorySlot<M>,
    pub(super) budget: Budget,
    pub(super) stop: Arc<AtomicBool>,
}

impl<C, M> Data<C, M> {
    pub(super) fn new(contexts: C, options: &Options, stop: Arc<AtomicBool>) -> Self {
        Data { contexts, memory: MemorySlot::new(), budget: Budget::new(options), stop }
    }
}

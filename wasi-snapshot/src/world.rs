//! Time, randomness and waiting: the host's, or the embedder's.

pub(crate) mod clocks;
pub(crate) mod random;
pub(crate) mod scheduler;
pub(crate) mod virtual_clock;

//! The usage of an instance or a run: what its guest has taken.

use std::time::Duration;

/// What a guest has taken, from its start to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// About how many instructions, by the engine's count; none if its code was not compiled to
    /// [count them](super::Host::fuel).
    pub fuel: Option<u64>,
    /// How long its start and its calls took. None for an [`Instance`](super::Instance) whose code has no checks for a time
    /// limit: to look at the clock twice would take longer than a short call does.
    pub time: Option<Duration>,
    /// Bytes that it has written to files, and so what is gone of
    /// [`max_written_bytes`](https://docs.rs/wasi-snapshot/latest/wasi_snapshot/struct.Limits.html); 0 without the proposal
    /// `snapshot`.
    pub bytes_written: u64,
    /// Bytes of its memories; shared ones do not count.
    pub memory: usize,
    /// The most that `memory` has been. Memories of today's WebAssembly do not shrink, so that both are the same.
    pub memory_peak: usize,
}

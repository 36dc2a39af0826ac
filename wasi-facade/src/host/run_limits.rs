//! The limits of a run.

use std::time::Duration;

/// What a run of a [`Program`](super::Program) may take. Without a limit there is none, but on memory.
///
/// A [`Host`](super::Host) has the limits with which its programs run; [`Program::with_limits`](super::Program::with_limits)
/// gives the same code others, as for tenants who pay for more.
///
/// ```
/// use std::time::Duration;
/// use wasi_facade::RunLimits;
///
/// let limits = RunLimits::default().timeout(Duration::from_millis(100)).max_memory(64 << 20);
/// assert_eq!(limits.fuel, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunLimits {
    /// How long a run may take; then it ends with [`Outcome::TimedOut`](super::Outcome::TimedOut). Compiling does not
    /// count.
    pub timeout: Option<Duration>,
    /// About how many instructions a run may take; then it ends with [`Outcome::OutOfFuel`](super::Outcome::OutOfFuel).
    /// The same guest stops at the same place each time, but each engine counts in its own way.
    pub fuel: Option<u64>,
    /// Bytes that the guest's memories may have in all; beyond it growing fails.
    ///
    /// Without a limit it is 4 GiB, and shared memories do not count. Where guests can be interrupted it is 1 GiB: one
    /// instruction that fills a memory cannot be, and 4 GiB took 1.5 s of the host's time beyond its timeout.
    pub max_memory: Option<usize>,
}

wasi_policy::limit_setters!(RunLimits {
    timeout: Option<Duration>,
    fuel: Option<u64>,
    max_memory: Option<usize>,
});

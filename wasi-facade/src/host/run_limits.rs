//! The limits of a run, and what the code of a program has to do for them.

use super::Options;
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

/// The checks that code makes of itself, each of which costs some speed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    /// It looks now and then whether it should end.
    pub(super) time: bool,
    /// It counts what it does.
    pub(super) fuel: bool,
}

impl Checks {
    /// Code for any run, as it is kept in files.
    #[cfg(feature = "wasmtime")]
    pub(super) const NONE: Checks = Checks { time: false, fuel: false };

    /// The checks of what a host compiles.
    pub(super) fn of(options: &Options) -> Self {
        Checks {
            time: options.interruptible || options.limits.timeout.is_some(),
            fuel: options.limits.fuel.is_some(),
        }
    }
}

/// What bounds one run.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) limits: RunLimits,
    pub(super) checks: Checks,
    /// Somebody may want to end the guest before it ends.
    pub(super) can_be_interrupted: bool,
}

impl Bounds {
    /// The bounds of code with these `checks`, by `limits` instead of those that `options` have.
    pub(super) fn new(options: &Options, checks: Checks, limits: RunLimits) -> Self {
        let can_be_interrupted = options.interruptible || checks.time || limits.timeout.is_some();
        Bounds { limits, checks, can_be_interrupted }
    }
}

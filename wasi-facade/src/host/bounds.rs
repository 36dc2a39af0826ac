//! The bounds of one run: its limits, and what the code of its program does about them.

use super::options::Options;
use super::run_limits::RunLimits;

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

//! The resolutions of the host's clocks.

use super::times::timestamp;
use crate::abi::Timestamp;
use rustix::time::{ClockId, clock_getres};

/// The smallest steps of the clocks of real and of monotonic time, in nanoseconds; never zero.
pub(crate) fn resolutions() -> (Timestamp, Timestamp) {
    let of = |id| {
        let resolution = clock_getres(id);
        timestamp(resolution.tv_sec, resolution.tv_nsec).max(1)
    };
    (of(ClockId::Realtime), of(ClockId::Monotonic))
}

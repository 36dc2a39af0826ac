//! The host's clocks.

pub(crate) use super::system::clock::resolutions;
use crate::abi::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A monotonic clock that starts at zero when it is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Monotonic(Instant);

impl Monotonic {
    pub(crate) fn start() -> Self {
        Monotonic(Instant::now())
    }

    /// Nanoseconds since the start; after 584 years it stands still.
    pub(crate) fn now(self) -> Timestamp {
        nanoseconds(self.0.elapsed())
    }

    /// The moment when this clock shows `time`; `None` if the host cannot represent one so late.
    pub(crate) fn moment(self, time: Timestamp) -> Option<Instant> {
        self.0.checked_add(Duration::from_nanos(time))
    }
}

/// Nanoseconds since 1970; a host clock that is set before that shows zero.
pub(crate) fn realtime() -> Timestamp {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanoseconds)
}

/// A duration as guests have it; 584 years and longer are all the same.
pub(crate) fn nanoseconds(duration: Duration) -> Timestamp {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

//! The resolutions of the host's clocks.

use crate::abi::Timestamp;

/// The smallest steps of the clocks of real and of monotonic time, in nanoseconds: the unit of `FILETIME`, and what
/// the standard library's monotonic clock shows at least, since the counter behind it runs at 10 MHz.
pub(crate) fn resolutions() -> (Timestamp, Timestamp) {
    (100, 100)
}

//! The subscriptions of one `poll_oneoff`.

use crate::abi::Timestamp;
use crate::errno::Errno;
use crate::sys::poll::Interest;

/// `eventtype`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eventtype {
    Clock,
    FdRead,
    FdWrite,
}

/// One subscription, taken out of guest memory before any event is written there.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) userdata: u64,
    pub(crate) eventtype: Eventtype,
    pub(crate) wants: Wants,
}

#[derive(Debug)]
pub(crate) enum Wants {
    /// A time of the guest's monotonic clock.
    Time(Timestamp),
    /// A descriptor to be ready.
    Ready(u32, Interest),
    /// Something that cannot be waited for.
    Never(Errno),
}

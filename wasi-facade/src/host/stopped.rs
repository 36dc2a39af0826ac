//! The reasons for which a step of an instance does not give what it should.

use super::error::Reason;
use super::outcome::Outcome;

/// Why a step of an instance gave nothing.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The guest has ended.
    Ended(Outcome),
    /// The step could not be taken; the guest is as it was.
    Refused(Reason),
}

impl From<Outcome> for Stopped {
    fn from(outcome: Outcome) -> Self {
        Stopped::Ended(outcome)
    }
}

impl From<Reason> for Stopped {
    fn from(reason: Reason) -> Self {
        Stopped::Refused(reason)
    }
}

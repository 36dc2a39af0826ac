//! The processor time of a worker for each request: a limit that the worker raises by itself, below one for its life.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The soft `RLIMIT_CPU`, at which the system ends a worker whose library computes on while nobody asks.
///
/// One that has taken over the worker can raise it as well, up to the hard one.
#[derive(Debug)]
pub(super) struct ProcessorTime {
    /// Seconds for each request.
    each: u64,
    /// The limit that is set.
    set: Option<u64>,
}

impl ProcessorTime {
    pub(super) fn new(each: Duration) -> Self {
        let whole = Duration::from_secs(each.as_secs());
        ProcessorTime { each: whole.as_secs().saturating_add(u64::from(whole < each)).max(1), set: None }
    }

    /// Allows another request.
    pub(super) fn raise(&mut self) {
        let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
        // The system counts whole seconds, of which one has begun.
        let wanted = used.saturating_add(self.each);
        if self.set == Some(wanted) {
            return;
        }
        let maximum = getrlimit(Resource::Cpu).maximum;
        let current = maximum.map_or(wanted, |maximum| maximum.min(wanted));
        // Without it, the hard one is left.
        let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum });
        self.set = Some(wanted);
    }
}

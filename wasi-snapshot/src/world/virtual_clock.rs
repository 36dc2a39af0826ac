//! A clock that is moved rather than waited for.

use super::clocks::{MonotonicClock, WallClock};
use super::scheduler::{Scheduler, Waits};
use crate::errno::Errno;
use crate::sys::clock::nanoseconds;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far each look at the clock moves it.
const STEP: u64 = 1000;

/// A clock that leaps over the guest's sleeps, so that none of them takes any time.
///
/// It is a [`WallClock`], a [`MonotonicClock`] and a [`Scheduler`]; clones are the same clock. Each look at
/// it moves it by a microsecond, so that guests that look until some time has passed come to an end. A guest
/// that waits for descriptors as well as for time gets what is ready by then, and otherwise the time.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use wasi_snapshot::{VirtualClock, WasiCtx};
///
/// let clock = VirtualClock::starting_at(SystemTime::UNIX_EPOCH);
/// let ctx = WasiCtx::builder().virtual_clock(&clock).build()?;
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.elapsed(), Duration::from_secs(60));
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct VirtualClock {
    /// Since 1970.
    start: Duration,
    /// Nanoseconds.
    elapsed: Arc<AtomicU64>,
}

impl VirtualClock {
    /// A clock that shows `start`, or 1970 if that is earlier, and stands still until it is used.
    #[must_use]
    pub fn starting_at(start: SystemTime) -> Self {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or_default();
        VirtualClock { start, elapsed: Arc::default() }
    }

    /// Moves the clock. After 584 years it stands still.
    pub fn advance(&self, by: Duration) {
        self.forward(nanoseconds(by));
    }

    /// How far the clock has come since it was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed.load(Ordering::SeqCst))
    }

    /// Moves the clock, and gives where it is then.
    fn forward(&self, by: u64) -> Duration {
        let add = |elapsed: u64| Some(elapsed.saturating_add(by));
        // The closure always gives a value, so both arms hold what was there before.
        let (Ok(before) | Err(before)) = self.elapsed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        Duration::from_nanos(before.saturating_add(by))
    }

    pub(crate) fn start(&self) -> Duration {
        self.start
    }
}

impl WallClock for VirtualClock {
    fn now(&self) -> Duration {
        self.start.saturating_add(self.forward(STEP))
    }
}

impl MonotonicClock for VirtualClock {
    fn now(&self) -> Duration {
        self.forward(STEP)
    }
}

impl Scheduler for VirtualClock {
    fn wait(&mut self, waits: &mut Waits<'_>) -> Result<(), Errno> {
        match waits.timeout() {
            None => {
                waits.on_host(None)?;
            }
            Some(timeout) => {
                if !waits.on_host(Some(Duration::ZERO))? {
                    self.advance(timeout);
                }
            }
        }
        Ok(())
    }

    fn yield_now(&mut self) {
        self.forward(STEP);
    }
}

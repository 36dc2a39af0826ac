//! The clocks of a guest: the host's, the embedder's, or none.

use crate::abi::Timestamp;
use crate::errno::Errno;
use crate::sys::clock::{self, Monotonic};
use std::fmt;
use std::time::{Duration, Instant};

/// A clock that tells the date, given with [`WasiCtxBuilder::wall_clock`](crate::WasiCtxBuilder::wall_clock).
///
/// ```
/// use std::time::Duration;
/// use wasi_snapshot::{WallClock, WasiCtx};
///
/// /// Always the first second of 2000.
/// struct Millennium;
///
/// impl WallClock for Millennium {
///     fn now(&self) -> Duration {
///         Duration::from_secs(946_684_800)
///     }
/// }
///
/// let ctx = WasiCtx::builder().wall_clock(Millennium).build()?;
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
pub trait WallClock: Send {
    /// The time since 1970. It may leap, also backwards.
    fn now(&self) -> Duration;

    /// The smallest step; the guest is never told zero. A nanosecond unless said otherwise.
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

/// A clock to measure with, given with [`WasiCtxBuilder::monotonic_clock`](crate::WasiCtxBuilder::monotonic_clock).
///
/// Timeouts of `poll_oneoff` go by it. Whoever gives a clock that is not as fast as the host's gives a
/// [`Scheduler`](crate::Scheduler) as well, since it is what waits.
pub trait MonotonicClock: Send {
    /// The time since the clock was started. It never goes back.
    fn now(&self) -> Duration;

    /// The smallest step; the guest is never told zero. A nanosecond unless said otherwise.
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

/// The clocks of one guest. The host's are called statically, since guests ask for the time very often.
pub(crate) struct Clocks {
    pub(crate) wall: Wall,
    pub(crate) monotonic: Measure,
}

/// Who tells the date.
pub(crate) enum Wall {
    Host,
    Hidden,
    Own(Box<dyn WallClock>),
}

/// Who measures.
pub(crate) enum Measure {
    Host(Monotonic),
    /// The guest may sleep, but not look.
    Hidden(Monotonic),
    Own(Box<dyn MonotonicClock>),
}

impl Default for Clocks {
    fn default() -> Self {
        Clocks { wall: Wall::Host, monotonic: Measure::Host(Monotonic::start()) }
    }
}

impl Clocks {
    /// Clocks that tell nothing.
    pub(crate) fn hidden() -> Self {
        Clocks { wall: Wall::Hidden, monotonic: Measure::Hidden(Monotonic::start()) }
    }

    /// Lets the host's clock begin at zero.
    pub(crate) fn start(&mut self) {
        if let Measure::Host(clock) | Measure::Hidden(clock) = &mut self.monotonic {
            *clock = Monotonic::start();
        }
    }

    /// # Errors
    ///
    /// `notsup` if the guest has no such clock; so do the three that follow.
    #[inline]
    pub(crate) fn wall_now(&self) -> Result<Timestamp, Errno> {
        match &self.wall {
            Wall::Host => Ok(clock::realtime()),
            Wall::Hidden => Err(Errno::Notsup),
            Wall::Own(clock) => Ok(clock::nanoseconds(clock.now())),
        }
    }

    #[inline]
    pub(crate) fn monotonic_now(&self) -> Result<Timestamp, Errno> {
        match &self.monotonic {
            Measure::Hidden(_) => Err(Errno::Notsup),
            _ => Ok(self.elapsed()),
        }
    }

    pub(crate) fn wall_resolution(&self) -> Result<Timestamp, Errno> {
        match &self.wall {
            Wall::Host => Ok(clock::resolutions().0),
            Wall::Hidden => Err(Errno::Notsup),
            Wall::Own(clock) => Ok(clock::nanoseconds(clock.resolution()).max(1)),
        }
    }

    pub(crate) fn monotonic_resolution(&self) -> Result<Timestamp, Errno> {
        match &self.monotonic {
            Measure::Host(_) => Ok(clock::resolutions().1),
            Measure::Hidden(_) => Err(Errno::Notsup),
            Measure::Own(clock) => Ok(clock::nanoseconds(clock.resolution()).max(1)),
        }
    }

    /// What timeouts go by, whether or not the guest may look at it.
    #[inline]
    pub(crate) fn elapsed(&self) -> Timestamp {
        match &self.monotonic {
            Measure::Host(clock) | Measure::Hidden(clock) => clock.now(),
            Measure::Own(clock) => clock::nanoseconds(clock.now()),
        }
    }

    /// The host's moment at which [`elapsed`](Self::elapsed) will be `time`, if both clocks are equally
    /// fast; `None` if the host cannot represent one so late.
    pub(crate) fn moment(&self, time: Timestamp) -> Option<Instant> {
        match &self.monotonic {
            Measure::Host(clock) | Measure::Hidden(clock) => clock.moment(time),
            Measure::Own(_) => {
                Instant::now().checked_add(Duration::from_nanos(time.saturating_sub(self.elapsed())))
            }
        }
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.wall, &self.monotonic) {
            (Wall::Host, Measure::Host(_)) => "the host's clocks",
            (Wall::Hidden, Measure::Hidden(_)) => "no clocks",
            _ => "given clocks",
        })
    }
}

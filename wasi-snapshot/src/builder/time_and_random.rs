//! The builder's methods for clocks, the scheduler and randomness.

use super::WasiCtxBuilder;
use crate::sys::clock::nanoseconds;
use crate::world::clocks::{Clocks, Measure, MonotonicClock, Wall, WallClock};
use crate::world::random::{Random, RandomBytes, Seeded};
use crate::world::scheduler::Scheduler;
use crate::world::virtual_clock::VirtualClock;
use std::time::SystemTime;

impl WasiCtxBuilder {
    /// The clock that tells the guest the date, instead of the host's.
    pub fn wall_clock(mut self, clock: impl WallClock + 'static) -> Self {
        self.clocks.wall = Wall::Own(Box::new(clock));
        self
    }

    /// The clock that the guest measures with, instead of the host's.
    pub fn monotonic_clock(mut self, clock: impl MonotonicClock + 'static) -> Self {
        self.clocks.monotonic = Measure::Own(Box::new(clock));
        self
    }

    /// Takes the clocks away: `clock_time_get` and `clock_res_get` give `notsup`. Sleeping for a while still
    /// works; the times of files still tell what they are.
    pub fn no_clocks(mut self) -> Self {
        self.clocks = Clocks::hidden();
        self
    }

    /// What waits when the guest does, instead of the host.
    pub fn scheduler(mut self, scheduler: impl Scheduler + 'static) -> Self {
        self.scheduler = Some(Box::new(scheduler));
        self
    }

    /// A clock that leaps over the guest's sleeps: it tells the date, measures, and waits.
    pub fn virtual_clock(self, clock: &VirtualClock) -> Self {
        self.wall_clock(clock.clone()).monotonic_clock(clock.clone()).scheduler(clock.clone())
    }

    /// The source of the guest's random bytes, instead of the host's.
    pub fn random(mut self, random: impl Random + 'static) -> Self {
        self.random = RandomBytes::Own(Box::new(random));
        self
    }

    /// Makes two runs of a guest the same, byte for byte, if they are given the same arguments, input and
    /// files.
    ///
    /// Time is a [`VirtualClock`]'s that starts at `start`, and random bytes follow from `seed`. Directories
    /// are listed in the order of names; inodes and devices are numbered as the guest sees them first; all
    /// times of files are `start`, and directories have no size, whatever the host says.
    ///
    /// What the host does not repeat stays out of reach: pipes and sockets to others, full disks, and whether
    /// the number of a removed file is used again.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use wasi_snapshot::WasiCtx;
    ///
    /// let ctx = WasiCtx::builder().deterministic(42, SystemTime::UNIX_EPOCH).build()?;
    /// # drop(ctx);
    /// # Ok::<(), wasi_snapshot::BuildError>(())
    /// ```
    pub fn deterministic(mut self, seed: u64, start: SystemTime) -> Self {
        let clock = VirtualClock::starting_at(start);
        self.file_times = Some(nanoseconds(clock.start()));
        self.virtual_clock(&clock).random(Seeded::new(seed))
    }
}

//! The fuel of one run, which the guest gets in slices, so that the host can stop the guest between two slices.

use crate::host::bounds::Bounds;
use wasmi::Store;

/// What a guest may use before it is looked at again: some milliseconds' worth.
const SLICE: u64 = 1_000_000;

/// The fuel of one run.
pub(super) struct Meter {
    /// What was not handed out yet.
    left: u64,
    slice: u64,
}

impl Meter {
    /// The meter of a run whose code asks for fuel.
    pub(super) fn new(bounds: &Bounds) -> Option<Self> {
        let left = bounds.limits.fuel.unwrap_or(u64::MAX);
        match bounds.checks.time {
            true => Some(Meter { left, slice: SLICE }),
            false if bounds.checks.fuel => Some(Meter { left, slice: u64::MAX }),
            false => None,
        }
    }

    /// Fills the store for instantiation, which cannot be resumed. None of the guest's code runs in it.
    pub(super) fn begin<T>(&mut self, store: &mut Store<T>) -> Result<(), wasmi::Error> {
        store.set_fuel(self.left)
    }

    /// Takes back what instantiation left over, and hands out the first slice. True unless nothing is left.
    pub(super) fn started<T>(&mut self, store: &mut Store<T>) -> Result<bool, wasmi::Error> {
        let used = self.left.saturating_sub(store.get_fuel()?);
        self.left = self.left.saturating_sub(used);
        store.set_fuel(0)?;
        self.refill(store, 0)
    }

    /// Hands out another slice, at least the `required` fuel. False if there is not so much.
    pub(super) fn refill<T>(&mut self, store: &mut Store<T>, required: u64) -> Result<bool, wasmi::Error> {
        let slice = self.slice.max(required).min(self.left);
        let fuel = store.get_fuel()?.saturating_add(slice);
        self.left = self.left.saturating_sub(slice);
        store.set_fuel(fuel)?;
        Ok(slice > 0 && fuel >= required)
    }
}

//! The fuel of one step of a guest, which the guest gets in slices, so that the host can stop the guest between two slices.

use crate::host::bounds::Bounds;
use wasmi::Store;

/// What a guest may use before it is looked at again: some milliseconds' worth.
const SLICE: u64 = 1_000_000;

/// The fuel of one step: of a call, or of a whole run.
pub(super) struct Meter {
    all: u64,
    /// What was not handed out yet.
    left: u64,
    slice: u64,
}

impl Meter {
    /// The meter of steps whose code asks for fuel.
    pub(super) fn new(bounds: &Bounds) -> Option<Self> {
        let all = bounds.limits.fuel.unwrap_or(u64::MAX);
        match bounds.checks.time {
            true => Some(Meter { all, left: 0, slice: SLICE }),
            false if bounds.checks.fuel => Some(Meter { all, left: 0, slice: u64::MAX }),
            false => None,
        }
    }

    /// Begins a step, and hands out the first slice. True unless there is nothing.
    pub(super) fn begin<T>(&mut self, store: &mut Store<T>) -> Result<bool, wasmi::Error> {
        self.left = self.all;
        store.set_fuel(0)?;
        self.refill(store, 0)
    }

    /// Hands out all that is left, for instantiation, which cannot be resumed. None of the guest's code runs in it.
    pub(super) fn hand_out_all<T>(&mut self, store: &mut Store<T>) -> Result<(), wasmi::Error> {
        let fuel = store.get_fuel()?.saturating_add(std::mem::take(&mut self.left));
        store.set_fuel(fuel)
    }

    /// Takes back what instantiation left over, and hands out a slice. True unless nothing is left.
    pub(super) fn take_back<T>(&mut self, store: &mut Store<T>) -> Result<bool, wasmi::Error> {
        self.left = store.get_fuel()?;
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

    /// What the step has used.
    pub(super) fn used<T>(&self, store: &Store<T>) -> u64 {
        let in_store = store.get_fuel().unwrap_or(0);
        self.all.saturating_sub(self.left.saturating_add(in_store))
    }
}

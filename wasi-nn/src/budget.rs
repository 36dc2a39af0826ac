//! A budget of bytes or places, and the charges on it, which are given back when they are dropped.

use crate::Error;
use crate::error::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much may be in use, and how much is.
///
/// The count is shared with the charges, which outlive each other in any order and on any thread. It guards
/// nothing but itself, so no other memory need be ordered by it.
#[derive(Debug)]
pub struct Budget {
    used: Arc<AtomicU64>,
    max: u64,
    /// What it is for, in errors.
    purpose: &'static str,
    /// The limit by its field, for errors.
    limit: &'static str,
}

/// A part of a [`Budget`] that is in use, until it is dropped.
#[derive(Debug)]
pub struct Charge {
    used: Arc<AtomicU64>,
    amount: u64,
}

impl Budget {
    /// A budget of which nothing is used.
    ///
    /// * `purpose`: what it is for, as `bytes of the guest's models`
    /// * `limit`: the field that says how much there is, as `Limits::max_model_bytes`, so that errors name the way out
    /// * `max`: how much there is
    pub fn new(purpose: &'static str, limit: &'static str, max: u64) -> Self {
        Budget { used: Arc::default(), max, purpose, limit }
    }

    /// Takes `amount` of it.
    ///
    /// # Errors
    ///
    /// `too_large` if there are not as many left.
    pub fn charge(&self, amount: u64) -> Result<Charge, Error> {
        let mut charge = Charge { used: Arc::clone(&self.used), amount: 0 };
        self.grow(&mut charge, amount)?;
        Ok(charge)
    }

    /// Takes `amount` more for the same thing.
    ///
    /// # Errors
    ///
    /// `too_large` if there are not as many left; the charge is then what it was.
    pub fn grow(&self, charge: &mut Charge, amount: u64) -> Result<(), Error> {
        let add = |used: u64| used.checked_add(amount).filter(|sum| *sum <= self.max);
        if let Err(used) = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            let sum = used.saturating_add(amount);
            let Budget { purpose, max, limit, .. } = self;
            let message = format!("{purpose} would be {sum}; the limit is {max} (`{limit}`)");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        charge.amount = charge.amount.saturating_add(amount);
        Ok(())
    }

    /// Takes more, or gives some back, so that `charge` is of `amount`.
    ///
    /// # Errors
    ///
    /// `too_large` if there are not as many left; the charge is then what it was.
    pub fn resize(&self, charge: &mut Charge, amount: u64) -> Result<(), Error> {
        match amount.checked_sub(charge.amount) {
            Some(more) => self.grow(charge, more),
            None => {
                charge.shrink(amount);
                Ok(())
            }
        }
    }
}

impl Charge {
    /// How much it is.
    pub fn amount(&self) -> u64 {
        self.amount
    }

    /// Gives back all beyond `amount`.
    pub fn shrink(&mut self, amount: u64) {
        let less = self.amount.saturating_sub(amount);
        self.used.fetch_sub(less, Ordering::Relaxed);
        self.amount = self.amount.saturating_sub(less);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        // No more than was taken, so it cannot fall below zero.
        self.used.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use crate::ErrorKind;

    #[test]
    fn what_is_dropped_can_be_taken_again() {
        let budget = Budget::new("all models", "Limits::max_bytes", 10);
        let first = budget.charge(6).unwrap();
        let mut second = budget.charge(3).unwrap();
        let error = budget.grow(&mut second, 2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.to_string(), "all models would be 11; the limit is 10 (`Limits::max_bytes`)");
        budget.grow(&mut second, 1).unwrap();
        assert!(budget.charge(1).is_err());
        drop(first);
        assert!(budget.charge(u64::MAX).is_err());
        let third = budget.charge(6).unwrap();
        drop((second, third));
        assert!(budget.charge(10).is_ok());
    }

    #[test]
    fn a_charge_can_become_another() {
        let budget = Budget::new("all models", "Limits::max_bytes", 10);
        let mut charge = budget.charge(6).unwrap();
        budget.resize(&mut charge, 9).unwrap();
        assert!(budget.resize(&mut charge, 11).is_err());
        assert_eq!(charge.amount(), 9);
        budget.resize(&mut charge, 2).unwrap();
        let other = budget.charge(8).unwrap();
        charge.shrink(7);
        assert_eq!(charge.amount(), 2);
        drop((charge, other));
        assert!(budget.charge(10).is_ok());
    }
}

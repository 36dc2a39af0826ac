//! The budget of a guest's memories and tables, all of them together.

use crate::host::bounds::Bounds;
use crate::host::outcome::Outcome;

/// As much as one memory of a WASI program can address.
const MEMORY: usize = match 1usize.checked_shl(32) {
    Some(bytes) => bytes,
    None => usize::MAX,
};

/// The same where guests can be interrupted: a host fills so much in half a second, and no instruction that does can
/// be interrupted.
const INTERRUPTIBLE_MEMORY: usize = 1 << 30;

/// The largest programs have tables of some hundred thousand functions; an entry takes the host 8 bytes.
const TABLE_ENTRIES: usize = 10_000_000;

/// A store holds one instance: the adapter binds its memory, and another one would use the wrong memory.
pub(super) const INSTANCES: usize = 1;

/// What is left.
#[derive(Clone, Debug)]
pub(in crate::host) struct RunBudget {
    memory: Account,
    table_entries: Account,
    /// The last growth that the guest asked for was not to be had.
    exhausted: bool,
}

impl RunBudget {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let default = if bounds.can_be_interrupted { INTERRUPTIBLE_MEMORY } else { MEMORY };
        RunBudget {
            memory: Account::new(bounds.limits.max_memory.unwrap_or(default)),
            table_entries: Account::new(TABLE_ENTRIES),
            exhausted: false,
        }
    }

    /// Begins a step: what could not grow before has been coped with.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.exhausted = false;
    }

    /// Bytes of the memories.
    pub(in crate::host) fn memory_taken(&self) -> usize {
        self.memory.taken()
    }

    /// May a memory grow so?
    pub(super) fn memory(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let granted = self.memory.take(current, desired, maximum);
        self.exhausted = !granted;
        granted
    }

    /// It may, and could not: the system has no more, or the engine has to pause and will ask again.
    pub(super) fn memory_failed(&mut self) {
        self.memory.give_back();
        self.exhausted = true;
    }

    /// Names memory as the reason where it is: guests rarely survive a growth that fails, and say so by a
    /// trap of any kind.
    pub(super) fn explain(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Trapped(trap) if self.exhausted => Outcome::OutOfMemory(trap),
            other => other,
        }
    }

    /// May a table grow so?
    pub(super) fn table(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        self.table_entries.take(current, desired, maximum)
    }

    /// It may, and could not.
    pub(super) fn table_failed(&mut self) {
        self.table_entries.give_back();
    }
}

/// Something that growth is paid for with.
#[derive(Clone, Debug)]
struct Account {
    all: usize,
    left: usize,
    /// What the last growth took.
    last: usize,
}

impl Account {
    fn new(all: usize) -> Self {
        Account { all, left: all, last: 0 }
    }

    fn taken(&self) -> usize {
        self.all.saturating_sub(self.left)
    }

    /// Takes the growth from what is left. Growth beyond the maximum fails in any case, and is not paid for.
    fn take(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        self.last = 0;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return false;
        }
        let growth = desired.saturating_sub(current);
        match self.left.checked_sub(growth) {
            Some(rest) => {
                (self.left, self.last) = (rest, growth);
                true
            }
            None => false,
        }
    }

    /// The last growth did not come to pass.
    fn give_back(&mut self) {
        self.left = self.left.saturating_add(std::mem::take(&mut self.last));
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn all_growth_is_paid_for_from_one_budget() {
        let mut account = Account::new(100);
        assert!(account.take(0, 60, None));
        assert!(!account.take(0, 50, None));
        assert!(account.take(60, 100, Some(100)));
        assert_eq!(account.left, 0);
        assert!(account.take(100, 100, None));
    }

    #[test]
    fn growth_beyond_the_maximum_costs_nothing() {
        let mut account = Account::new(100);
        assert!(!account.take(0, 60, Some(50)));
        assert_eq!(account.left, 100);
    }

    #[test]
    fn what_failed_comes_back_once() {
        let mut account = Account::new(100);
        assert!(account.take(0, 60, None));
        assert!(account.take(60, 90, None));
        account.give_back();
        account.give_back();
        assert_eq!(account.left, 40);
        assert!(!account.take(60, 160, None));
        account.give_back();
        assert_eq!(account.left, 40);
    }
}

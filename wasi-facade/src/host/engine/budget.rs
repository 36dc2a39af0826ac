//! What a guest's memories and tables may take of the host, all of them together.

use crate::host::{Options, Outcome};

/// As much as one memory of a WASI program can address.
const MEMORY: usize = match 1usize.checked_shl(32) {
    Some(bytes) => bytes,
    None => usize::MAX,
};

/// The largest programs have tables of some hundred thousand functions; an entry takes the host 8 bytes.
const TABLE_ENTRIES: usize = 10_000_000;

/// A store holds one instance: the adapter binds its memory, and another one would use the wrong memory.
pub(super) const INSTANCES: usize = 1;

/// What is left.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    memory: usize,
    table_entries: usize,
    /// The last growth that the guest asked for was not to be had.
    exhausted: bool,
}

impl Budget {
    pub(super) fn new(options: &Options) -> Self {
        Budget { memory: options.memory.unwrap_or(MEMORY), table_entries: TABLE_ENTRIES, exhausted: false }
    }

    /// May a memory grow so?
    pub(super) fn memory(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let granted = take(&mut self.memory, current, desired, maximum);
        self.exhausted = !granted;
        granted
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
        take(&mut self.table_entries, current, desired, maximum)
    }
}

/// Takes the growth from what is left. Growth beyond the maximum fails in any case, and is not paid for.
fn take(left: &mut usize, current: usize, desired: usize, maximum: Option<usize>) -> bool {
    if maximum.is_some_and(|maximum| desired > maximum) {
        return false;
    }
    match left.checked_sub(desired.saturating_sub(current)) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn all_growth_is_paid_for_from_one_budget() {
        let mut left = 100;
        assert!(take(&mut left, 0, 60, None));
        assert!(!take(&mut left, 0, 50, None));
        assert!(take(&mut left, 60, 100, Some(100)));
        assert_eq!(left, 0);
        assert!(take(&mut left, 100, 100, None));
    }

    #[test]
    fn growth_beyond_the_maximum_costs_nothing() {
        let mut left = 100;
        assert!(!take(&mut left, 0, 60, Some(50)));
        assert_eq!(left, 100);
    }
}

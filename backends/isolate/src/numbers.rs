//! The numbers of executions, and which of those that have ended the worker still has to hear of.

use std::collections::BTreeSet;

/// Executions whose end one message tells. Of a message they take 4 KiB.
const MAX_TOLD: usize = 1024;

/// The executions of one worker, by number.
///
/// A worker has an execution from its first request on. One that ended before is nothing to it, and so no number of that is kept:
/// what is kept is never more than the executions that lived at one time.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    next: u32,
    /// Those that the worker has, and that live.
    known: BTreeSet<u32>,
    /// Those that the worker has, and that have ended.
    ended: Vec<u32>,
}

impl Numbers {
    /// A number for an execution.
    pub(crate) fn next(&mut self) -> u32 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        number
    }

    /// Remembers that an execution has ended.
    pub(crate) fn end(&mut self, number: u32) {
        if self.known.remove(&number) {
            self.ended.push(number);
        }
    }

    /// What the next message tells of executions that have ended; the rest goes with those after it.
    pub(crate) fn to_tell(&self) -> Vec<u32> {
        self.ended.iter().copied().take(MAX_TOLD).collect()
    }

    /// Remembers that a message of `execution` has arrived, which told of as many ends.
    pub(crate) fn told(&mut self, execution: u32, ends: usize) {
        self.known.insert(execution);
        self.ended.drain(..ends.min(self.ended.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TOLD, Numbers};

    #[test]
    fn what_a_worker_never_had_is_not_told() {
        let mut numbers = Numbers::default();
        for _ in 0..10_000 {
            let number = numbers.next();
            numbers.end(number);
        }
        assert!(numbers.to_tell().is_empty() && numbers.known.is_empty());
    }

    #[test]
    fn what_has_ended_is_told_once_and_in_parts() {
        let mut numbers = Numbers::default();
        let count = u32::try_from(MAX_TOLD).unwrap() * 2 + 3;
        let all: Vec<_> = (0..count).map(|_| numbers.next()).collect();
        for number in &all {
            numbers.told(*number, 0);
        }
        for number in &all {
            numbers.end(*number);
            numbers.end(*number);
        }
        let (last, mut told) = (numbers.next(), Vec::new());
        for expected in [MAX_TOLD, MAX_TOLD, 3, 0] {
            let part = numbers.to_tell();
            assert_eq!(part.len(), expected);
            // One that did not arrive is told again.
            assert_eq!(numbers.to_tell(), part);
            numbers.told(last, part.len());
            told.extend(part);
        }
        assert_eq!(told, all);
        assert_eq!(numbers.known.len(), 1);
    }
}

//! Device and inode numbers as guests see them.

use std::hash::{BuildHasher, RandomState};

/// Hides the host's numbers behind a keyed hash: equal files stay equal and different ones different,
/// within one context, and nothing about the host can be learnt from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity(RandomState);

impl Identity {
    pub(crate) fn dev(&self, dev: u64) -> u64 {
        self.0.hash_one(dev)
    }

    /// Zero is avoided, since libcs take an inode number of zero for an unknown one.
    pub(crate) fn ino(&self, dev: u64, ino: u64) -> u64 {
        self.0.hash_one((dev, ino)).max(1)
    }
}

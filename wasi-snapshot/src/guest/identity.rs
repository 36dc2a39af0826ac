//! The device and inode numbers that guests see in place of the host's.

use crate::abi::{Filestat, Filetype, Timestamp};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};

/// What guests are told instead of the host's device and inode numbers: equal files stay equal and different
/// ones different, within one context, and nothing about the host can be learnt from them.
#[derive(Debug)]
pub(crate) enum Identity {
    /// A keyed hash, which takes no memory.
    Hashed(RandomState),
    /// Numbers in the order of first sight, which are the same in each run.
    Numbered {
        numbers: RefCell<Numbers>,
        /// What all times are said to be.
        time: Timestamp,
    },
}

impl Default for Identity {
    fn default() -> Self {
        Identity::Hashed(RandomState::new())
    }
}

impl Identity {
    pub(crate) fn numbered(time: Timestamp) -> Self {
        Identity::Numbered { numbers: RefCell::default(), time }
    }

    /// Does all that the guest sees have to be the same in each run?
    pub(crate) fn is_reproducible(&self) -> bool {
        matches!(self, Identity::Numbered { .. })
    }

    /// The attributes of a file as the guest sees them. What has no inode keeps none, and only that.
    pub(crate) fn disguise(&self, stat: Filestat) -> Filestat {
        let numbers = match (stat.dev, stat.ino) {
            (0, 0) => stat,
            (dev, 0) => Filestat { dev: self.dev(dev), ..stat },
            (dev, ino) => Filestat { dev: self.dev(dev), ino: self.ino(dev, ino), ..stat },
        };
        match self {
            Identity::Hashed(_) => numbers,
            Identity::Numbered { time, .. } => {
                // What a directory takes on the disk tells how it came about, and its links tell which file system it is:
                // some count the directories in it, others do not, and then there is one.
                let (size, nlink) = match stat.filetype {
                    Filetype::Directory => (0, 1),
                    _ => (stat.size, stat.nlink),
                };
                Filestat { size, nlink, atim: *time, mtim: *time, ctim: *time, ..numbers }
            }
        }
    }

    fn dev(&self, dev: u64) -> u64 {
        match self {
            Identity::Hashed(key) => key.hash_one(dev),
            Identity::Numbered { numbers, .. } => numbers.borrow_mut().of(None, dev),
        }
    }

    /// Zero is avoided, since libcs take an inode number of zero for an unknown one.
    pub(crate) fn ino(&self, dev: u64, ino: u64) -> u64 {
        match self {
            Identity::Hashed(key) => key.hash_one((dev, ino)).max(1),
            Identity::Numbered { numbers, .. } => numbers.borrow_mut().of(Some(dev), ino),
        }
    }
}

/// Numbers that were given out, devices and inodes alike: nobody compares the two.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeMap<(Option<u64>, u64), u64>);

impl Numbers {
    /// A guest can look at more files than a host wants to remember; about 64 MiB is enough.
    const MAX: usize = 1 << 20;

    fn of(&mut self, dev: Option<u64>, number: u64) -> u64 {
        let next = u64::try_from(self.0.len()).unwrap_or(u64::MAX).saturating_add(1);
        if self.0.len() < Self::MAX {
            return *self.0.entry((dev, number)).or_insert(next);
        }
        // Repeatable as long as the host's own numbers are.
        let hashed = BuildHasherDefault::<DefaultHasher>::default().hash_one((dev, number));
        self.0.get(&(dev, number)).copied().unwrap_or(hashed.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::abi::{Filestat, Filetype};

    fn stat(dev: u64, ino: u64) -> Filestat {
        let (filetype, size) = (Filetype::Directory, 4096);
        Filestat { dev, ino, filetype, nlink: 1, size, atim: 1, mtim: 2, ctim: 3 }
    }

    /// Some file systems have no inode numbers, and neither have embedders' own files.
    #[test]
    fn what_has_no_inode_shows_as_little_as_what_has_one() {
        let numbered = Identity::numbered(77);
        for (dev, ino) in [(5, 9), (5, 0), (0, 9), (0, 0)] {
            let shown = numbered.disguise(stat(dev, ino));
            assert_eq!((shown.size, shown.atim, shown.mtim, shown.ctim), (0, 77, 77, 77), "{dev} {ino}");
            assert_eq!(shown.ino == 0, ino == 0);
        }
        let hashed = Identity::default();
        assert_ne!(hashed.disguise(stat(5, 0)).dev, 5);
        assert_eq!(hashed.disguise(stat(0, 0)), stat(0, 0));
    }
}

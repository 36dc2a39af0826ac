//! The regions of a file in memory, of which each tensor that is kept there has one.

/// Beginnings of regions, so that a copy begins at a line of the processor's cache.
const ALIGNMENT: u64 = 64;

/// Where regions begin and end. Those that are given back are used again, as they are.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    end: u64,
    free: Vec<Region>,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) start: u64,
    pub(crate) len: u64,
}

impl Regions {
    /// Makes `region` one of at least `len` bytes. One that has to grow becomes twice as large, so that tensors which grow
    /// step by step are moved seldom.
    pub(crate) fn fit(&mut self, region: &mut Region, len: u64) {
        if region.len >= len {
            return;
        }
        let wanted = len.max(region.len.saturating_mul(2));
        self.release(std::mem::take(region));
        let wide = self.free.iter().enumerate().filter(|(_, free)| free.len >= len);
        let smallest = wide.min_by_key(|(_, free)| free.len).map(|(at, _)| at);
        *region = match smallest {
            Some(at) => self.free.swap_remove(at),
            None => {
                let start = self.end.saturating_add(ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
                self.end = start.saturating_add(wanted);
                Region { start, len: wanted }
            }
        };
    }

    /// Gives a region back.
    pub(crate) fn release(&mut self, region: Region) {
        if region.len > 0 {
            self.free.push(region);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Region, Regions};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_two_share_a_byte(steps in prop::collection::vec((0..6_usize, 0..1000_u64), 0..60)) {
            let mut regions = Regions::default();
            let mut used = [Region::default(); 6];
            for (which, len) in steps {
                if len % 7 == 0 {
                    regions.release(std::mem::take(&mut used[which]));
                } else {
                    regions.fit(&mut used[which], len);
                    prop_assert!(used[which].len >= len);
                }
                let mut sorted: Vec<_> = used.iter().filter(|region| region.len > 0).collect();
                sorted.sort_by_key(|region| region.start);
                for pair in sorted.windows(2) {
                    prop_assert!(pair[0].start + pair[0].len <= pair[1].start);
                }
            }
        }
    }

    #[test]
    fn what_is_given_back_is_used_again() {
        let mut regions = Regions::default();
        let mut one = Region::default();
        regions.fit(&mut one, 100);
        let end = regions.end;
        regions.release(one);
        let mut other = Region::default();
        regions.fit(&mut other, 90);
        assert_eq!((other, regions.end), (one, end));
    }
}

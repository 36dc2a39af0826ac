//! The functions that were called by name lately, so that such a call does not look its name up twice.

/// Enough for what a host calls in turns; an instance of a module with many exports stays small.
const ROOM: usize = 16;

/// Functions of an engine by their places among the exports, the latest ones.
pub(super) struct Recent<F>(Vec<(usize, F)>);

impl<F> Default for Recent<F> {
    fn default() -> Self {
        Recent(Vec::new())
    }
}

impl<F: Copy> Recent<F> {
    /// The function at that place, which `look_up` finds if it was not called lately.
    #[inline]
    pub(super) fn find(&mut self, place: usize, look_up: impl FnOnce() -> Option<F>) -> Option<F> {
        let known = self.0.iter().find(|(known, _)| *known == place);
        known.map(|(_, function)| *function).or_else(|| self.add(place, look_up()?))
    }

    #[cold]
    fn add(&mut self, place: usize, function: F) -> Option<F> {
        if self.0.len() >= ROOM {
            self.0.remove(0);
        }
        self.0.push((place, function));
        Some(function)
    }
}

#[cfg(test)]
mod tests {
    use super::{ROOM, Recent};

    #[test]
    fn each_is_looked_up_once_while_there_is_room() {
        let mut recent = Recent::default();
        for place in 0..ROOM {
            assert_eq!(recent.find(place, || Some(place * 10)), Some(place * 10));
        }
        for place in 0..ROOM {
            assert_eq!(recent.find(place, || None), Some(place * 10));
        }
        assert_eq!(recent.find(ROOM, || None), None);
        assert_eq!(recent.find(ROOM, || Some(7)), Some(7));
        assert_eq!(recent.find(0, || None), None);
        assert_eq!(recent.find(1, || None), Some(10));
        assert_eq!(recent.0.len(), ROOM);
    }
}

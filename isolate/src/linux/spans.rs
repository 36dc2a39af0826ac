//! The spans of a memory that are in use, and those that are free.

use std::io::{self, ErrorKind};

/// Beginnings of spans, so that a copy begins at a line of the processor's cache.
const ALIGNMENT: usize = 64;

/// Where spans begin and end. Those that are given back are used again, as they are.
#[derive(Debug)]
pub(super) struct Spans {
    /// Bytes of all.
    len: usize,
    /// Where those begin that were never used.
    unused: usize,
    free: Vec<Span>,
}

/// A part of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Spans {
    /// Of a memory of `len` bytes.
    pub(super) fn new(len: usize) -> Self {
        Spans { len, unused: 0, free: Vec::new() }
    }

    /// Takes a span of at least `len` bytes, and of `wanted` if it is a new one and there is room.
    ///
    /// * `reserve`: asks the system for a new one's memory
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FileTooLarge`] if there is no room, and what `reserve` says.
    pub(super) fn take(
        &mut self,
        len: usize,
        wanted: usize,
        reserve: impl FnOnce(Span) -> io::Result<()>,
    ) -> io::Result<Span> {
        let wide = self.free.iter().enumerate().filter(|(_, free)| free.len >= len);
        let smallest = wide.min_by_key(|(_, free)| free.len).map(|(at, _)| at);
        if let Some(at) = smallest {
            return Ok(self.free.swap_remove(at));
        }
        // One of no bytes does not begin behind the end either.
        let start = self.unused.checked_next_multiple_of(ALIGNMENT).unwrap_or(usize::MAX).min(self.len);
        let room = self.len.saturating_sub(start);
        if len > room {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let span = Span { start, len: wanted.clamp(len, room) };
        // The system takes none of no bytes.
        if span.len > 0 {
            reserve(span)?;
        }
        self.unused = start.saturating_add(span.len);
        Ok(span)
    }

    /// Takes a span back.
    pub(super) fn release(&mut self, span: Span) {
        if span.len > 0 {
            self.free.push(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, Spans};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_two_share_a_byte(steps in prop::collection::vec((0..6_usize, 0..1000_usize, 0..2000_usize), 0..60)) {
            let mut spans = Spans::new(5000);
            let mut used: [Option<Span>; 6] = [None; 6];
            for (which, len, wanted) in steps {
                if let Some(span) = used[which].take() {
                    spans.release(span);
                }
                used[which] = spans.take(len, wanted, |_| Ok(())).ok();
                prop_assert!(used[which].is_none_or(|span| span.len >= len && span.start + span.len <= 5000));
                let mut sorted: Vec<_> = used.iter().flatten().filter(|span| span.len > 0).collect();
                sorted.sort_by_key(|span| span.start);
                for pair in sorted.windows(2) {
                    prop_assert!(pair[0].start + pair[0].len <= pair[1].start);
                }
            }
        }
    }

    #[test]
    fn what_the_system_does_not_give_is_not_taken() {
        let mut spans = Spans::new(100);
        assert!(spans.take(90, 90, |_| Err(std::io::ErrorKind::StorageFull.into())).is_err());
        assert_eq!(spans.take(90, 90, |_| Ok(())).unwrap(), Span { start: 0, len: 90 });
    }
}

//! Handles: the numbers by which a guest knows its graphs and its execution contexts.
//!
//! They ascend from zero and are never given twice, so a stale one is an error for ever and never means something
//! else. A guest has few of them at a time: a sorted list is smaller than a map, and as fast.

use crate::Error;
use crate::error::ErrorKind;

/// Live things of one kind by handle.
#[derive(Debug)]
pub(crate) struct Handles<T> {
    /// Ascending by handle, since each new one is greater than all before.
    entries: Vec<(u32, T)>,
    /// The next handle; `None` once all are spent.
    next: Option<u32>,
    /// What they are called in errors.
    kind: &'static str,
    max: u32,
    /// The limit by its field, for errors.
    limit: &'static str,
}

impl<T> Handles<T> {
    /// An empty table for at most `max` things, `kind` by name, which the field `limit` says.
    pub(crate) fn new(kind: &'static str, max: u32, limit: &'static str) -> Self {
        Handles { entries: Vec::new(), next: Some(0), kind, max, limit }
    }

    /// Is there room for one more?
    ///
    /// # Errors
    ///
    /// `busy` if as many live as may, or if every handle has been given.
    pub(crate) fn room(&self) -> Result<(), Error> {
        if self.next.is_none() {
            return Err(Error::new(ErrorKind::Busy, format!("all 2^32 handles of {}s are spent", self.kind)));
        }
        if u32::try_from(self.entries.len()).is_ok_and(|live| live < self.max) {
            return Ok(());
        }
        let message = format!(
            "the guest has {} {}s, as many as `{}` allows; free one first",
            self.max, self.kind, self.limit
        );
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// Keeps `value` and gives its handle.
    ///
    /// # Errors
    ///
    /// Those of [`room`](Self::room).
    pub(crate) fn insert(&mut self, value: T) -> Result<u32, Error> {
        self.room()?;
        let handle = self.next.unwrap_or(u32::MAX);
        self.next = handle.checked_add(1);
        self.entries.push((handle, value));
        Ok(handle)
    }

    /// What `handle` stands for.
    ///
    /// # Errors
    ///
    /// `invalid_argument` if it stands for nothing, or no longer; so does removing.
    #[inline]
    pub(crate) fn get_mut(&mut self, handle: u32) -> Result<&mut T, Error> {
        match self.find(handle).and_then(|at| self.entries.get_mut(at)) {
            Some((_, value)) => Ok(value),
            None => Err(unknown(self.kind, handle)),
        }
    }

    /// Takes out what `handle` stands for.
    pub(crate) fn remove(&mut self, handle: u32) -> Result<T, Error> {
        match self.find(handle) {
            Some(at) => Ok(self.entries.remove(at).1),
            None => Err(unknown(self.kind, handle)),
        }
    }

    /// How many live.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    fn find(&self, handle: u32) -> Option<usize> {
        self.entries.binary_search_by_key(&handle, |(handle, _)| *handle).ok()
    }
}

#[cold]
fn unknown(kind: &str, handle: u32) -> Error {
    Error::invalid_argument(format!("there is no {kind} {handle}, or no longer"))
}

#[cfg(test)]
mod tests {
    use super::Handles;
    use crate::ErrorKind;

    #[test]
    fn the_last_handle_is_given_once() {
        let mut handles = Handles::new("graph", 3, "Limits::max_graphs");
        handles.next = Some(u32::MAX - 1);
        assert_eq!(handles.insert('a').unwrap(), u32::MAX - 1);
        assert_eq!(handles.insert('b').unwrap(), u32::MAX);
        assert_eq!(handles.remove(u32::MAX).unwrap(), 'b');
        let error = handles.insert('c').unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(error.to_string(), "all 2^32 handles of graphs are spent");
        assert_eq!(*handles.get_mut(u32::MAX - 1).unwrap(), 'a');
        assert_eq!(handles.len(), 1);
    }
}

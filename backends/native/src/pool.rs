//! The requests of a graph that wait for the next guest.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Requests that guests take turns with, as many as there are processors at most.
#[derive(Debug)]
pub struct Pool<T> {
    /// Nothing if a request is never used by a second guest.
    waiting: Option<Mutex<Vec<T>>>,
    most: usize,
}

impl<T> Pool<T> {
    /// An empty pool.
    ///
    /// * `keeps`: whether a request may be used by a second guest at all
    #[must_use]
    pub fn new(keeps: bool) -> Self {
        let most = thread::available_parallelism().map_or(1, usize::from);
        Pool { waiting: keeps.then(Mutex::default), most }
    }

    /// Keeps a request that has not failed, if there is room, after `wipe` took from it what its guest left.
    pub fn give_back(&self, mut request: T, wipe: impl FnOnce(&mut T)) {
        let Some(waiting) = &self.waiting else { return };
        wipe(&mut request);
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < self.most {
            waiting.push(request);
        }
    }

    /// A request that waits, if one does.
    pub fn take(&self) -> Option<T> {
        let waiting = self.waiting.as_ref()?;
        waiting.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

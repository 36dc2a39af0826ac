//! The connections to a server that are kept between calls, and the places for them.

use crate::address::Server;
use crate::bounds::Bounds;
#[cfg(feature = "tls")]
use crate::connection::Tls;
use crate::connection::{Connection, TICK};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use wasi_nn::Error;

/// The connections of a server.
pub(crate) struct Pool {
    pub(crate) server: Arc<Server>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    places: Arc<Places>,
    /// How many were made, and how many calls were tried again on another one.
    pub(crate) made: AtomicU64,
    pub(crate) retries: AtomicU64,
}

/// How many connections there may be, and those that nobody uses.
struct Places {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: usize,
    kept: Vec<Kept>,
}

/// A connection that waits for the next call, with its place.
struct Kept {
    connection: Connection,
    place: Place,
}

/// A place for a connection, which ends with it.
pub(crate) struct Place(Arc<Places>);

/// A connection in use, which ends unless it is [kept](Self::keep).
pub(crate) struct Used {
    pub(crate) connection: Connection,
    place: Place,
}

impl Pool {
    pub(crate) fn new(server: Server, connections: usize, #[cfg(feature = "tls")] tls: Option<Tls>) -> Self {
        let state = State { free: connections, kept: Vec::with_capacity(connections) };
        Pool {
            server: Arc::new(server),
            #[cfg(feature = "tls")]
            tls,
            places: Arc::new(Places { state: Mutex::new(state), freed: Condvar::new() }),
            made: AtomicU64::new(0),
            retries: AtomicU64::new(0),
        }
    }

    /// A connection that was kept and is still open, or a new one. Waits for a place as long as `bounds` allow.
    pub(crate) fn take(&self, bounds: &Bounds<'_>) -> Result<Used, Error> {
        let place = loop {
            match self.places.take() {
                Some(Ok(Kept { mut connection, place })) => {
                    if connection.is_open() {
                        connection.is_kept = true;
                        return Ok(Used { connection, place });
                    }
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(server = %self.server, "a connection that was kept has ended");
                }
                Some(Err(place)) => break place,
                None => {
                    bounds.check(&self.server)?;
                    self.places.wait();
                }
            }
        };
        self.open(place, bounds)
    }

    fn open(&self, place: Place, bounds: &Bounds<'_>) -> Result<Used, Error> {
        let (connection, place) = Connection::open(&self.server, bounds, place)?;
        #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "only a secured one changes"))]
        let mut used = Used { connection, place };
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let guard = bounds.watch(&used.connection)?;
            let secured = used.connection.secure(tls, &self.server.host);
            drop(guard);
            if let Err(trouble) = secured {
                bounds.check(&self.server)?;
                return Err(trouble.at(&self.server));
            }
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(used)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A connection that is kept has a place, which has the places.
        let kept = std::mem::take(&mut self.places.state.lock().unwrap_or_else(PoisonError::into_inner).kept);
        drop(kept);
    }
}

impl Places {
    /// A connection that was kept, or else a free place.
    fn take(self: &Arc<Self>) -> Option<Result<Kept, Place>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = state.kept.pop() {
            return Some(Ok(kept));
        }
        state.free = state.free.checked_sub(1)?;
        Some(Err(Place(Arc::clone(self))))
    }

    /// Waits a moment for a place.
    fn wait(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.free == 0 && state.kept.is_empty() {
            // Whoever waits looks again in any case.
            let _ = self.freed.wait_timeout(state, TICK);
        }
    }
}

impl Used {
    /// Keeps the connection for the next call.
    pub(crate) fn keep(self) {
        let Used { connection, place } = self;
        let places = Arc::clone(&place.0);
        let mut state = places.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.push(Kept { connection, place });
        drop(state);
        places.freed.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.free = state.free.saturating_add(1);
        drop(state);
        self.0.freed.notify_one();
    }
}

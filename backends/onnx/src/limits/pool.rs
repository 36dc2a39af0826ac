//! The memory that all loads and computations of a backend use together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasi_nn::backend::{Budget, Charge};
use wasi_nn::{Error, ErrorKind};

/// What there is for all.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Budget>);

/// What one of them has taken. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Share(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    charge: Mutex<Charge>,
}

impl Pool {
    pub(crate) fn new(bytes: u64) -> Self {
        Pool(Arc::new(Budget::new("bytes of all computations", "OnnxLimits::max_process_bytes", bytes)))
    }

    /// A share of nothing.
    pub(crate) fn share(&self) -> Result<Share, Error> {
        Ok(Share(Arc::new(Inner { pool: self.clone(), charge: Mutex::new(self.0.charge(0)?) })))
    }
}

impl Share {
    /// Takes more.
    ///
    /// # Errors
    ///
    /// `busy` if others have too much at this time.
    pub(crate) fn grow(&self, bytes: u64) -> Result<(), Error> {
        let mut charge = self.charge();
        self.0
            .pool
            .0
            .grow(&mut charge, bytes)
            .map_err(|error| Error::new(ErrorKind::Busy, format!("{error}; try again later")))
    }

    /// Gives everything back.
    pub(crate) fn give_back(&self) {
        self.charge().shrink(0);
    }

    fn charge(&self) -> MutexGuard<'_, Charge> {
        self.0.charge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

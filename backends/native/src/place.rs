//! The place of a library, which stays once somebody was told.

use crate::{Library, Search};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use wasi_nn::Error;

/// Where a library is, once it was found or the host has asked for it: what the host was told stays true. That it was not
/// found for a load is not remembered, since somebody may install it meanwhile.
#[derive(Debug, Default)]
pub struct Place(Mutex<Option<Result<PathBuf, Error>>>);

impl Place {
    /// The file of a library. If it is nowhere, `for_good` says whether that is to be remembered.
    ///
    /// # Errors
    ///
    /// Those of [`Library::find`].
    pub fn of(&self, library: &Library, search: &Search, for_good: bool) -> Result<PathBuf, Error> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = &*place {
            return found.clone();
        }
        let found = library.find(search);
        if for_good || found.is_ok() {
            *place = Some(found.clone());
        }
        found
    }
}

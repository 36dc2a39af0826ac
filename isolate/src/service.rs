//! The trait for what a worker does.

use crate::Files;
use std::path::PathBuf;

/// What a worker does for a host. It is made in the worker, serves one guest, and ends with the process.
pub trait Service: Send + 'static {
    /// Loads what it needs before the worker is confined, as native libraries. No byte of a guest's has come yet.
    ///
    /// * `config`: what the host said to [`Pool::new`](crate::Pool::new)
    ///
    /// # Errors
    ///
    /// Why it cannot serve, for people.
    fn prepare(&mut self, config: &[u8]) -> Result<Needs, String>;

    /// Answers a request, on a thread with a stack of [`Limits::stack`](crate::Limits::stack). The answer has at most
    /// [`MAX_MESSAGE`](crate::MAX_MESSAGE) bytes; a longer one ends the worker, and so does a panic.
    ///
    /// * `request`: what the host sent; its bytes may be a guest's
    /// * `files`: what the host wrote, and where large answers go
    fn answer(&mut self, request: &[u8], files: &Files) -> Vec<u8>;
}

/// What a service needs when it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Files, and directories with all that is below them, that it opens to read. With none, nothing can be opened.
    pub files: Vec<PathBuf>,
}

//! The same names on systems without workers, where a pool is refused.

use crate::{Confinement, Error, Limits, Service};
use std::convert::Infallible;
use std::ffi::OsString;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::time::Instant;
use wasi_policy::InterruptHandle;

/// The program to start; see the documentation for Linux.
#[derive(Clone, Debug)]
pub struct Worker(());

/// Workers; there are none.
#[derive(Clone, Debug)]
pub struct Pool(Infallible);

/// A worker; there are none.
#[derive(Debug)]
pub struct Process(Infallible);

/// The files of a worker; there are none.
#[derive(Debug)]
pub struct Files(Infallible);

/// A region of a worker's memory; there are none.
#[derive(Debug)]
pub struct Region(Infallible);

/// Returns at once: no process is a worker here.
pub fn serve(offer: &dyn Fn(&str) -> Option<Box<dyn Service>>) {
    let _ = offer;
}

impl Worker {
    /// The program at `path`.
    pub fn command(path: impl Into<PathBuf>) -> Self {
        let _ = path.into();
        Worker(())
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(self, argument: impl Into<OsString>) -> Self {
        let _ = argument.into();
        self
    }

    /// Adds a variable of the environment.
    #[must_use]
    pub fn env(self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let _ = (name.into(), value.into());
        self
    }
}

impl Pool {
    /// Refuses.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`].
    pub fn new(worker: Worker, service: &str, config: &[u8], limits: Limits) -> Result<Self, Error> {
        let _ = (worker, service, config, limits);
        Err(Error::Unsupported)
    }

    /// There is no pool to start ahead.
    pub fn warm(&self) {
        match self.0 {}
    }

    /// There is no pool.
    #[must_use]
    pub fn ready(&self) -> usize {
        match self.0 {}
    }

    /// There is no pool to take from.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn take(&self, deadline: Option<Instant>, interrupt: &InterruptHandle) -> Result<Process, Error> {
        let _ = (deadline, interrupt);
        match self.0 {}
    }
}

impl Process {
    /// There is no process to ask.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn ask(
        &mut self,
        request: &[u8],
        deadline: Option<Instant>,
        interrupt: &InterruptHandle,
    ) -> Result<Vec<u8>, Error> {
        let _ = (request, deadline, interrupt);
        match self.0 {}
    }

    /// There is no process.
    #[must_use]
    pub fn confinement(&self) -> Confinement {
        match self.0 {}
    }

    /// There is no process.
    #[must_use]
    pub fn files(&self) -> &Files {
        match self.0 {}
    }

    /// There is no process.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self.0 {}
    }

    /// There is no process to kill.
    pub fn fail(&mut self, reason: &'static str) -> Error {
        let _ = reason;
        match self.0 {}
    }
}

impl Files {
    /// There are no files.
    #[must_use]
    pub const fn max(&self) -> u64 {
        match self.0 {}
    }

    /// There are no files.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        let _ = (at, bytes);
        match self.0 {}
    }

    /// There are no files.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn write(&self, at: u64, bytes: &[u8]) -> std::io::Result<()> {
        let _ = (at, bytes);
        match self.0 {}
    }

    /// There are no files.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn clear(&self) -> std::io::Result<()> {
        match self.0 {}
    }

    /// There are no regions.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn region(&self, old: Option<Region>, len: usize) -> std::io::Result<Region> {
        let _ = (old, len);
        match self.0 {}
    }

    /// There is no memory.
    ///
    /// # Errors
    ///
    /// None, since it is never called.
    pub fn copy(&self, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        let _ = (at, bytes);
        match self.0 {}
    }
}

impl Region {
    /// There is no region.
    #[must_use]
    pub const fn start(&self) -> u64 {
        match self.0 {}
    }
}

impl Deref for Region {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.0 {}
    }
}

impl DerefMut for Region {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self.0 {}
    }
}

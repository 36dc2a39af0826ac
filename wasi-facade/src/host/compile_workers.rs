//! The workers that compile modules for a host, and the service by which they do.

use super::engine;
use super::error::Reason;
use std::time::{Duration, Instant};
use wasi_isolate::{Error, Files, Limits, Needs, Pool, Process, Service, Worker};
use wasi_policy::InterruptHandle;

/// The name by which workers know what to do.
const SERVICE: &str = "compile";

/// How long compiling may take: twice what the largest known program takes on one core of a slow machine.
const TIME: Duration = Duration::from_secs(120);

/// Processes that compile modules, one module each, for [`Host::compile_in`](super::Host::compile_in).
///
/// [`CompileLimits`](super::CompileLimits) bound what a compiler is given, by counts of which its cost follows as far as
/// anybody knows. A worker bounds what the compiler takes, whatever that follows from: beyond its memory or its time, the
/// worker dies, and the host has an error.
///
/// ```no_run
/// use wasi_facade::isolate::{self, Limits, Worker};
/// use wasi_facade::{CompileWorkers, Host, compile_service};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     // In a worker, this serves and never returns.
///     isolate::serve(&compile_service);
///
///     // A worker is this program once more.
///     let worker = Worker::command(std::env::current_exe()?);
///     let workers = CompileWorkers::new(worker, Limits::default().memory(1 << 30).ready(0))?;
///     let host = Host::new().compile_in(workers);
///     # let _ = host;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CompileWorkers {
    pool: Pool,
    time: Duration,
    interrupt: InterruptHandle,
}

impl CompileWorkers {
    /// Workers that are started when there is something to compile, or [kept ready](Limits::ready).
    ///
    /// * `worker`: a program that calls [`serve`](wasi_isolate::serve) with [`compile_service`], of the same version of this
    ///   library and its engine: code of another version is refused
    /// * `limits`: what each worker may use
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] elsewhere than on Linux.
    pub fn new(worker: Worker, limits: Limits) -> Result<Self, Error> {
        let pool = Pool::new(worker, SERVICE, &[], limits)?;
        Ok(CompileWorkers { pool, time: TIME, interrupt: InterruptHandle::default() })
    }

    /// How long compiling one module may take, the start of a worker included; by default two minutes.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Raised, it kills the workers that compile, and those that would later.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Has a worker answer `request` about `module`, and gives the worker too, which may hold more than the answer.
    pub(super) fn ask(&self, request: &[u8], module: &[u8]) -> Result<(Process, Vec<u8>), Error> {
        let deadline = Instant::now().checked_add(self.time);
        let mut process = self.pool.take(deadline, &self.interrupt)?;
        if process.files().write(0, module).is_err() {
            let bytes = u64::try_from(module.len()).unwrap_or(u64::MAX);
            return Err(Error::TooLarge { bytes, max: process.files().max() });
        }
        let answer = process.ask(request, deadline, &self.interrupt)?;
        Ok((process, answer))
    }
}

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        Reason::Worker(error)
    }
}

/// The service that compiles modules in a worker, for [`serve`](wasi_isolate::serve), if that is what `name` asks for.
#[must_use]
pub fn compile_service(name: &str) -> Option<Box<dyn Service>> {
    if name == SERVICE { Some(Box::new(Compiler)) } else { None }
}

/// The worker's side.
struct Compiler;

impl Service for Compiler {
    fn prepare(&mut self, _: &[u8]) -> Result<Needs, String> {
        // A compiler reads a module and writes code, and opens nothing.
        Ok(Needs::default())
    }

    fn answer(&mut self, request: &[u8], files: &Files) -> Vec<u8> {
        engine::answer(request, files)
    }
}

//! The command as a worker: the services that it has, and its start as one.

use crate::failure::Failure;
use crate::nn;
use std::time::Duration;
use wasi_facade::isolate::{self, Limits, Worker};
use wasi_facade::{CompileWorkers, compile_service};

/// This very program, even if another one has taken its file's place since it started (proc(5)).
pub(crate) const ITSELF: &str = "/proc/self/exe";

/// Bytes of memory that compiling a module may take: twice what the largest known program does.
const COMPILE_MEMORY: u64 = 4 << 30;

/// Serves, and does not return, if this process is a worker.
pub(crate) fn serve() {
    isolate::serve(&|name| compile_service(name).or_else(|| nn::worker::offer(name)));
}

/// The worker that compiles the module.
///
/// * `timeout`: how long the guest may run, which is how long compiling it may take at most
pub(crate) fn compiler(timeout: Option<Duration>) -> Result<CompileWorkers, Failure> {
    // One module is compiled, so that none would ever be needed again.
    let limits = Limits::default().memory(COMPILE_MEMORY).ready(0);
    let workers = CompileWorkers::new(Worker::command(ITSELF), limits)
        .map_err(|error| Failure::new(format_args!("`--compile-worker` does not work here: {error}")))?;
    Ok(match timeout {
        Some(timeout) => workers.time(timeout),
        None => workers,
    })
}

//! The command as a worker: the services that it has, and its start as one that compiles a module.

use crate::failure::Failure;
use crate::nn;
use crate::numbers::size;
use clap::Args;
use std::time::Duration;
use wasi_facade::isolate::{self, Limits, Worker};
use wasi_facade::{CompileWorkers, compile_service};

/// This very program, even if another one has taken its file's place since it started (proc(5)).
pub(crate) const ITSELF: &str = "/proc/self/exe";

/// Serves, and does not return, if this process is a worker.
pub(crate) fn serve() {
    isolate::serve(&|name| compile_service(name).or_else(|| nn::worker::offer(name)));
}

/// The flags for compiling in a worker.
#[derive(Debug, Args)]
pub(crate) struct Compiling {
    /// Compile MODULE in a process of its own, which the system confines, and which ends when it takes too much
    #[arg(long)]
    pub(crate) compile_worker: bool,
    /// How long that may take, by default 2m
    #[arg(long = "compile-time", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) worker_time: Option<Duration>,
    /// How much memory that may take, by default 4G; the largest known program takes a third
    #[arg(long = "compile-memory", value_name = "SIZE", value_parser = size)]
    pub(crate) worker_memory: Option<usize>,
}

impl Compiling {
    /// The worker that compiles the module, if one is to.
    pub(crate) fn workers(&self) -> Result<Option<CompileWorkers>, Failure> {
        if !self.compile_worker {
            let time = self.worker_time.map(|_| "--compile-time");
            return match time.or(self.worker_memory.map(|_| "--compile-memory")) {
                Some(flag) => Err(Failure::usage(format_args!(
                    "`{flag}` is of no use without `--compile-worker`; add that"
                ))),
                None => Ok(None),
            };
        }
        // One module is compiled, so no other worker would ever be needed.
        let mut limits = Limits::default().ready(0);
        if let Some(bytes) = self.worker_memory {
            limits = limits.memory(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
        let workers = CompileWorkers::new(Worker::command(ITSELF), limits)
            .map_err(|error| {
                Failure::new(format_args!(
                    "`--compile-worker`, which `--untrusted` sets, does not work here: {error}; `--engine wasmi` compiles nothing"
                ))
            })?;
        Ok(Some(match self.worker_time {
            Some(time) => workers.time(time),
            None => workers,
        }))
    }
}

//! The errors of starting and asking workers.

use std::fmt;

/// Why a worker did not do what it was asked for.
///
/// A worker is killed and waited for before any of these is returned, but for `Busy` and `TooLarge`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system has no workers.
    #[error(
        "workers are processes that Linux confines, and there are none elsewhere; do the work in this process"
    )]
    Unsupported,
    /// As many workers are in use as may.
    #[error("{0} workers are in use, as many as `Limits::max_workers` allows")]
    Busy(u32),
    /// A message or a file is larger than it may be. Nothing was sent.
    #[error("{bytes} bytes for a worker, of which {max} are allowed")]
    TooLarge {
        /// How large it is.
        bytes: u64,
        /// How large it may be.
        max: u64,
    },
    /// It could not be started.
    #[error("the worker `{program}` does not start: {reason}")]
    Start {
        /// The program.
        program: String,
        /// What the system or the worker said.
        reason: String,
    },
    /// It has ended.
    #[error("the worker {0}")]
    Ended(Ending),
    /// It broke the protocol.
    #[error("the worker was killed: {0}")]
    Broke(&'static str),
    /// Its time was up.
    #[error("the worker was killed: the time for its answer is up")]
    TimedOut,
    /// The host interrupted the guest.
    #[error("the worker was killed: the host interrupted the guest")]
    Interrupted,
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// With an exit code.
    Exited(i32),
    /// By a signal.
    Killed {
        /// The number of the signal.
        signal: i32,
        /// The bytes of memory that it was allowed.
        memory: u64,
    },
    /// The system does not say, as where the host ignores `SIGCHLD`.
    Unknown,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The numbers are those of Linux on all processors but MIPS, SPARC and PA-RISC.
        match self {
            Ending::Exited(code) => write!(f, "exited with code {code} before it answered"),
            Ending::Killed { signal: 6, memory } => {
                write!(
                    f,
                    "aborted (signal 6), as it does without memory, of which it may have {memory} bytes (`Limits::memory`), or stack"
                )
            }
            Ending::Killed { signal: 9, .. } => f.write_str(
                "was killed (signal 9), as the system does when the machine has no memory, or at the end of \
                 `Limits::total_processor_time`",
            ),
            Ending::Killed { signal: 24, .. } => {
                f.write_str("used up its processor time (`Limits::processor_time`, signal 24)")
            }
            Ending::Killed { signal: 25, .. } => {
                f.write_str("wrote more than it may (`Limits::file_bytes`, signal 25)")
            }
            Ending::Killed { signal, .. } => write!(f, "was killed by signal {signal}"),
            Ending::Unknown => f.write_str("ended before it answered"),
        }
    }
}

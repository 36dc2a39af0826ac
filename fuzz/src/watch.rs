//! The watch over a run: the memory and the time that it took, held against its bounds.

use crate::{End, counting};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;
use wasi_facade::policy::panic_message;

/// How often the bound of memory is there before an allocation fails: enough to tell a run that takes too much from
/// one that takes all.
const REFUSED_AT: usize = 8;

/// How much longer code that is not optimised may take.
const PATIENCE: u32 = if cfg!(debug_assertions) { 6 } else { 1 };

/// What a run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes allocated at one time, by all threads.
    pub memory: usize,
    /// Of processors, by all threads: what a run takes on a busy machine is no fault of its own.
    pub time: Duration,
}

impl Bounds {
    /// The time, with the patience that this build needs.
    fn patient(&self) -> Duration {
        patient(self.time)
    }
}

/// A time, with the patience that code needs which is not optimised.
pub(crate) fn patient(time: Duration) -> Duration {
    time * PATIENCE
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Bytes allocated at one time, by all threads.
    pub memory: usize,
    /// Milliseconds of processors, by all threads.
    pub millis: u64,
}

/// What is wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// It allocated more than it may.
    Memory {
        /// Bytes at one time.
        took: usize,
        /// Bytes that were allowed.
        bound: usize,
    },
    /// It took longer than it may.
    Time {
        /// Milliseconds of processors, or until the watch lost patience.
        took: u64,
        /// Milliseconds that were allowed.
        bound: u64,
    },
    /// It panicked, where a host would have.
    Panic(String),
    /// A promise other than those was broken.
    Promise(String),
    /// It ended the process: how, and the last lines that it wrote.
    Death(String),
}

impl Fault {
    /// A word for the kind, by which findings are told apart and called.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Memory { .. } => "memory",
            Fault::Time { .. } => "time",
            Fault::Panic(_) => "panic",
            Fault::Promise(_) => "promise",
            Fault::Death(_) => "death",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Memory { took, bound } => write!(f, "took {took} bytes at one time, of {bound} at most"),
            Fault::Time { took, bound } => write!(f, "took {took} ms, of {bound} at most"),
            Fault::Panic(message) => write!(f, "panicked: {message}"),
            Fault::Promise(promise) => write!(f, "broke a promise: {promise}"),
            Fault::Death(how) => write!(f, "ended the process: {how}"),
        }
    }
}

/// How a run went: what it took, and what is wrong with that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// As far as anybody lived to tell.
    pub spent: Spent,
    /// What it might have taken, in the same measures.
    pub bound: Spent,
    /// How far it came.
    pub end: End,
    /// Nothing, as a rule.
    pub fault: Option<Fault>,
}

/// Does the work, and looks at what it takes.
pub fn watch(bounds: &Bounds, work: impl FnOnce() -> Result<End, String>) -> Verdict {
    let start = processor_time();
    let most = bounds.memory.saturating_mul(REFUSED_AT);
    let (result, memory) = counting::peak(most, || panic::catch_unwind(AssertUnwindSafe(work)));
    let time = processor_time().saturating_sub(start);
    let end = if let Ok(Ok(end)) = &result { end.clone() } else { End::Refused(String::new()) };
    let fault = match result {
        Err(panic) => Some(Fault::Panic(panic_message(panic.as_ref()).to_owned())),
        Ok(Err(promise)) => Some(Fault::Promise(promise)),
        Ok(Ok(_)) if memory > bounds.memory => Some(Fault::Memory { took: memory, bound: bounds.memory }),
        Ok(Ok(_)) if time > bounds.patient() => {
            Some(Fault::Time { took: millis(time), bound: millis(bounds.patient()) })
        }
        Ok(Ok(_)) => None,
    };
    let bound = Spent { memory: bounds.memory, millis: millis(bounds.patient()) };
    Verdict { spent: Spent { memory, millis: millis(time) }, bound, end, fault }
}

/// What this process has taken of processors.
#[cfg(unix)]
pub(crate) fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanos)
}

/// Elsewhere, the time that has passed.
#[cfg(not(unix))]
pub(crate) fn processor_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// A time as a number, for texts.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

//! The bounds of the load or computation at hand, where hooks deep inside the engine find them: in a thread local.
//!
//! The engine calls us back while it analyses, optimises, and runs the bodies of loops, but hands nothing of
//! ours along. A load and a computation each stay on one thread, so the thread is where the bounds are kept.

use crate::OnnxLimits;
use crate::limits::pool::Share;
use crate::limits::sizes::SizeBudget;
use std::cell::RefCell;
use std::time::{Duration, Instant};
use wasi_nn::{Control, Error, ErrorKind};

/// Less work takes no more than a few milliseconds.
const LARGE: u64 = 1 << 26;

/// The multiplications in a nanosecond of the fastest core that may come along; common ones make 25.
const FASTEST: u64 = 100;

thread_local! {
    static CURRENT: RefCell<Option<Bounds>> = const { RefCell::new(None) };
}

/// How long the work may take, and how much memory.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    control: Control,
    budget: SizeBudget,
}

impl Bounds {
    /// The bounds of work that takes its memory from `share` too.
    pub(crate) fn new(control: &Control, limits: &OnnxLimits, share: &Share) -> Self {
        Bounds { control: control.clone(), budget: SizeBudget::new(limits).within(share) }
    }

    /// Takes away memory that is in use whatever happens.
    pub(crate) fn less(mut self, bytes: u64) -> Result<Self, Error> {
        self.budget.reserve(bytes)?;
        Ok(self)
    }

    /// Does `work` within these bounds. Bounds that were there before are back afterwards, whatever happens.
    pub(crate) fn apply<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Restore(Option<Bounds>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        work()
    }
}

/// Says whether the work at hand may go on.
pub(crate) fn check() -> Result<(), Error> {
    CURRENT.with_borrow(|current| current.as_ref().map_or(Ok(()), |bounds| bounds.control.check()))
}

/// Does something with the memory that the work at hand may use.
pub(crate) fn budget(act: impl FnOnce(&mut SizeBudget) -> Result<(), Error>) -> Result<(), Error> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map_or(Ok(()), |bounds| act(&mut bounds.budget)))
}

/// Says whether an operation of so much work may start.
///
/// It cannot be stopped, so one that would take until long after the time is up is not begun.
pub(crate) fn start(work: u64) -> Result<(), Error> {
    if work < LARGE {
        return Ok(());
    }
    CURRENT.with_borrow(|current| {
        let deadline = current.as_ref().and_then(|bounds| bounds.control.deadline());
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match left {
            Some(left) if left < Duration::from_nanos(work / FASTEST) => Err(Error::new(
                ErrorKind::TimedOut,
                "an operation of the model would take longer than there is time for this call; see \
                 `Limits::compile_time` and `Limits::compute_time`",
            )),
            _ => Ok(()),
        }
    })
}

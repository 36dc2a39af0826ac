//! The timer of an instance, which ends its guest when the time of a call is up.

use super::engine::Wake;
use super::error::Reason;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use wasi_policy::{InterruptHandle, Watch};

/// The timer of an instance. There is no watch before the first call that needs one, and then one for all calls.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<(Watch, Arc<AtomicBool>)>);

impl Timer {
    /// Has `interrupt` raised once it is `due`, and the engine look by `wake` for that. Where neither is needed there is
    /// no watch.
    #[inline]
    pub(super) fn begin(
        &mut self,
        due: Option<Instant>,
        interrupt: &InterruptHandle,
        wake: impl FnOnce() -> Option<Wake>,
    ) -> Result<(), Reason> {
        match &mut self.0 {
            Some((watch, _)) => watch.resume(due),
            None => {
                let wake = wake();
                if due.is_some() || wake.is_some() {
                    self.0 = Some(watch(due, interrupt, wake)?);
                }
            }
        }
        Ok(())
    }

    /// Has nothing raised any more, and says whether it was.
    #[inline]
    pub(super) fn end(&mut self) -> bool {
        self.0.as_mut().is_some_and(|(watch, timed_out)| {
            // It has said what it did once it is paused.
            watch.pause();
            timed_out.load(Ordering::SeqCst)
        })
    }
}

#[cold]
fn watch(
    due: Option<Instant>,
    interrupt: &InterruptHandle,
    wake: Option<Wake>,
) -> Result<(Watch, Arc<AtomicBool>), Reason> {
    let timed_out = Arc::new(AtomicBool::new(false));
    let (handle, says) = (interrupt.clone(), Arc::clone(&timed_out));
    let end = move || {
        if handle.interrupt() {
            says.store(true, Ordering::SeqCst);
        }
        if let Some(wake) = &wake {
            wake();
        }
    };
    let watch = Watch::new(due, interrupt, Arc::new(end)).map_err(Reason::Thread)?;
    Ok((watch, timed_out))
}

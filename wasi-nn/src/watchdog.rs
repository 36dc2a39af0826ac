//! The watchdog, one thread for the process, which cancels what runs for too long.
//!
//! Native libraries do not look at clocks or flags of ours, but can be told from another thread to stop. Asking
//! them to run in the background instead, so that the guest's own thread could wait with a time limit, costs
//! a change of threads, which is several times what a small model takes.

use crate::control::{Cancel, InterruptHandle};
use crate::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait before cancelling again: the first attempt may have come before there was anything to
/// cancel.
const AGAIN: Duration = Duration::from_millis(5);

static WATCHED: Mutex<Watched> =
    Mutex::new(Watched { entries: Vec::new(), last_key: 0, has_thread: false, wakes: None });
static CHANGED: Condvar = Condvar::new();

struct Watched {
    entries: Vec<Entry>,
    last_key: u64,
    has_thread: bool,
    /// When the thread looks again by itself, if it does.
    wakes: Option<Instant>,
}

struct Entry {
    key: u64,
    due: Option<Instant>,
    interrupt: InterruptHandle,
    cancel: Cancel,
}

/// A registration, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Watch(u64);

fn watched() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `cancel` called from `due` on, and when `interrupt` is raised.
pub(crate) fn watch(
    due: Option<Instant>,
    interrupt: &InterruptHandle,
    cancel: &Cancel,
) -> Result<Watch, Error> {
    let mut watched = watched();
    if !watched.has_thread {
        std::thread::Builder::new().name("wasi-nn watchdog".to_owned()).spawn(run).map_err(|error| {
            Error::new(ErrorKind::Busy, format!("no thread to watch over the time: {error}"))
        })?;
        watched.has_thread = true;
    }
    watched.last_key += 1;
    let key = watched.last_key;
    // The thread wakes for the first deadline, and may do so for one that is gone: most registrations find it
    // asleep until an earlier time than theirs, and leave it so.
    let is_first = due.is_some_and(|due| watched.wakes.is_none_or(|wakes| due < wakes));
    watched.entries.push(Entry { key, due, interrupt: interrupt.clone(), cancel: cancel.clone() });
    if is_first || interrupt.is_raised() {
        CHANGED.notify_one();
    }
    Ok(Watch(key))
}

/// Has the thread look at the interrupts.
pub(crate) fn wake() {
    // Taking the lock makes sure that the thread either sees the flag or is already waiting.
    drop(watched());
    CHANGED.notify_one();
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = watched();
        if let Some(at) = watched.entries.iter().position(|entry| entry.key == self.0) {
            watched.entries.swap_remove(at);
        }
    }
}

fn run() {
    let mut watched = watched();
    loop {
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        for entry in &watched.entries {
            let is_due = entry.due.is_some_and(|due| due <= now) || entry.interrupt.is_raised();
            if is_due {
                // The lock is held, so that the call cannot come after the end of the registration. A
                // cancellation that panics is the backend's affair, and must not end the others' watch.
                let _ = catch_unwind(AssertUnwindSafe(|| (entry.cancel)()));
            }
            let wake = if is_due { Some(now + AGAIN) } else { entry.due };
            next = next.into_iter().chain(wake).min();
        }
        watched.wakes = next;
        watched = match next {
            Some(next) => {
                let wait = next.saturating_duration_since(now);
                CHANGED.wait_timeout(watched, wait).unwrap_or_else(PoisonError::into_inner).0
            }
            None => CHANGED.wait(watched).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::watch;
    use crate::InterruptHandle;
    use crate::control::Cancel;
    use std::sync::{Arc, mpsc};
    use std::time::{Duration, Instant};

    fn signal() -> (Cancel, mpsc::Receiver<()>) {
        let (sender, receiver) = mpsc::channel();
        (
            Arc::new(move || {
                // The test may be over.
                let _ = sender.send(());
            }),
            receiver,
        )
    }

    #[test]
    fn a_deadline_cancels_until_the_watch_ends() {
        let (cancel, cancelled) = signal();
        let due = Instant::now() + Duration::from_millis(1);
        let watch = watch(Some(due), &InterruptHandle::default(), &cancel).unwrap();
        cancelled.recv().unwrap();
        cancelled.recv().unwrap();
        assert!(Instant::now() >= due);
        drop(watch);
        while cancelled.try_recv().is_ok() {}
        // The thread has let go of the function, so nothing will ever come.
        drop(cancel);
        assert_eq!(cancelled.recv(), Err(mpsc::RecvError));
    }

    #[test]
    fn an_interrupt_cancels_before_and_after_it_is_raised() {
        let (cancel, cancelled) = signal();
        let interrupt = InterruptHandle::default();
        let first = watch(None, &interrupt, &cancel).unwrap();
        interrupt.interrupt();
        cancelled.recv().unwrap();
        drop(first);
        let _second = watch(None, &interrupt, &cancel).unwrap();
        cancelled.recv().unwrap();
    }

    #[test]
    fn a_cancellation_that_panics_spares_the_others() {
        let due = Some(Instant::now());
        let bad: Cancel = Arc::new(|| panic!("a backend's mistake"));
        let _bad = watch(due, &InterruptHandle::default(), &bad).unwrap();
        let (cancel, cancelled) = signal();
        let _good = watch(due, &InterruptHandle::default(), &cancel).unwrap();
        cancelled.recv().unwrap();
    }
}

//! The sizes of the processor's caches, by which tract divides its work.
//!
//! On Windows tract asks a program for them, `wmic`, at a process's first product of matrices (`detect` in tract-linalg's
//! `cache.rs`). That product is a guest's, and nothing ends the wait for a program. So a load asks before, on a thread that
//! may wait, and without an answer there is no graph for a guest to compute.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use wasi_nn::{Cancel, Control, Error, ErrorKind};

/// `wmic` takes half a second where it is there.
#[cfg(windows)]
const LIMIT: Duration = Duration::from_secs(10);

/// Waits until tract knows the sizes, in this process.
#[cfg(windows)]
pub(crate) fn ask(control: &Control) -> Result<(), Error> {
    static QUESTION: Mutex<Option<Arc<Question>>> = Mutex::new(None);
    let mut asked = QUESTION.lock().unwrap_or_else(PoisonError::into_inner);
    let question = match &*asked {
        Some(question) => Arc::clone(question),
        None => {
            let question = Question::ask(|| {
                tract_onnx::tract_core::tract_linalg::cache::cache_info();
            })?;
            Arc::clone(asked.insert(question))
        }
    };
    drop(asked);
    question.wait(LIMIT, control)
}

/// What was asked on a thread of its own, and whether the answer is there.
#[derive(Debug, Default)]
struct Question {
    is_answered: Mutex<bool>,
    changed: Condvar,
}

impl Question {
    fn ask(ask: impl FnOnce() + Send + 'static) -> Result<Arc<Self>, Error> {
        let question = Arc::new(Question::default());
        let answered = Arc::clone(&question);
        let thread = thread::Builder::new().name("wasi-nn-caches".to_owned());
        let started = thread.spawn(move || {
            ask();
            *answered.lock() = true;
            answered.changed.notify_all();
        });
        started.map(|_| question).map_err(|error| {
            Error::new(ErrorKind::Busy, format!("no thread can ask for the sizes of caches: {error}"))
        })
    }

    fn wait(self: &Arc<Self>, limit: Duration, control: &Control) -> Result<(), Error> {
        if *self.lock() {
            return Ok(());
        }
        let waiting = Arc::clone(self);
        let cancel: Cancel = Arc::new(move || {
            // With the lock: whoever looked at the control before has begun to wait.
            let _is_answered = waiting.lock();
            waiting.changed.notify_all();
        });
        let _guard = control.cancel_with(&cancel)?;
        let end = Instant::now() + limit;
        let mut is_answered = self.lock();
        while !*is_answered {
            control.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::runtime(format!(
                    "the program `wmic` of Windows, which the embedded ONNX engine asks for the sizes of the processor's \
                     caches, has not answered for {limit:?}; end it and load again, or use another backend"
                )));
            }
            let waited = self.changed.wait_timeout(is_answered, left);
            (is_answered, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Question;
    use backend_tests::control;
    use std::sync::mpsc;
    use std::time::Duration;
    use wasi_nn::{Control, ErrorKind, InterruptHandle};

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_program_that_does_not_answer_holds_no_load() {
        let (answer, answered) = mpsc::channel::<()>();
        let question = Question::ask(move || answered.recv().unwrap()).unwrap();
        let kind = |limit, control: &Control| question.wait(limit, control).unwrap_err().kind();

        assert_eq!(kind(Duration::from_millis(1), &Control::unbounded()), ErrorKind::Runtime);
        control::ends_when_told(Duration::from_millis(1), |control| kind(HOUR, control));

        answer.send(()).unwrap();
        question.wait(HOUR, &Control::unbounded()).unwrap();
        // It is known from then on, and nobody waits.
        let interrupt = InterruptHandle::default();
        interrupt.interrupt();
        question.wait(Duration::ZERO, &Control::new(None, &interrupt)).unwrap();
    }

    #[test]
    fn an_answer_that_never_comes_is_an_error() {
        let question = Question::ask(|| panic!("nothing is known")).unwrap();
        let error = question.wait(Duration::from_millis(1), &Control::unbounded()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
    }
}

//! The workers of a host: fresh ones that are kept ready by a thread of their own, and the places of those in use.

use super::process::Process;
use super::worker::Worker;
use crate::start::Begin;
use crate::{Error, Limits};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;
use wasi_policy::{InterruptHandle, Watch};

/// Workers of one service, each for one guest. A clone is the same pool.
///
/// A thread starts them all and lives as long as the pool and its workers, which die with the thread that started them. It
/// starts with the first worker that is asked for, or with [`warm`](Self::warm).
#[derive(Clone)]
pub struct Pool(Arc<Owner>);

/// Ends the thread when the last clone goes.
struct Owner(Arc<Shared>);

struct Shared {
    worker: Worker,
    begin: Begin,
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Fresh workers, and what kept others from starting.
    made: VecDeque<Result<Process, Error>>,
    /// Guests that wait for one.
    waiting: usize,
    in_use: u32,
    has_thread: bool,
    /// The last one failed to start, so none is started ahead.
    is_sick: bool,
    /// What a worker lacks was said.
    has_said: bool,
    is_closed: bool,
}

/// A place among the workers in use, which ends when it is dropped. It keeps the pool, with whose thread its worker would die.
pub(super) struct Place(Pool);

impl Pool {
    /// A pool without workers yet.
    ///
    /// * `worker`: the program
    /// * `service`: the name by which the program knows what to do
    /// * `config`: what the service is told, at most 64 KiB
    /// * `limits`: what the workers may use
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] elsewhere than on Linux.
    pub fn new(worker: Worker, service: &str, config: &[u8], limits: Limits) -> Result<Self, Error> {
        let begin = Begin::new(service, config, &limits);
        let shared = Shared { worker, begin, limits, state: Mutex::default(), changed: Condvar::new() };
        Ok(Pool(Arc::new(Owner(Arc::new(shared)))))
    }

    /// Starts fresh workers ahead, without waiting for them.
    pub fn warm(&self) {
        let shared = &self.0.0;
        // Whoever takes one is told.
        let _ = Shared::start(shared, &mut shared.state());
    }

    /// How many fresh workers wait for a guest.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.0.0.state().made.iter().filter(|made| made.is_ok()).count()
    }

    /// Takes a fresh worker, or waits until one has started.
    ///
    /// * `deadline`, `interrupt`: until when to wait
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if as many are in use as may, [`Error::Start`] if none can be started, [`Error::TimedOut`] and
    /// [`Error::Interrupted`].
    pub fn take(&self, deadline: Option<Instant>, interrupt: &InterruptHandle) -> Result<Process, Error> {
        let shared = &self.0.0;
        let place = self.place()?;
        let wakes = Arc::clone(shared);
        let wake = Arc::new(move || {
            // With the lock, it cannot come between a look and a sleep.
            let _state = wakes.state();
            wakes.changed.notify_all();
        });
        let no_thread = |error: std::io::Error| shared.failed(format!("no thread for it: {error}"));
        // Dropped after the lock below, which the call takes that dropping it waits for.
        let _watch = Watch::new(deadline, interrupt, wake).map_err(no_thread)?;
        let mut state = shared.state();
        state.is_sick = false;
        state.waiting = state.waiting.saturating_add(1);
        shared.changed.notify_all();
        let taken = loop {
            if let Err(error) = Shared::start(shared, &mut state) {
                break Err(no_thread(error));
            }
            match state.made.pop_front() {
                // One that was ready, and that the system has ended meanwhile, is nobody's error.
                Some(Ok(process)) if process.has_ended() => {
                    shared.changed.notify_all();
                    continue;
                }
                Some(made) => break made,
                None => {}
            }
            if interrupt.is_raised() {
                break Err(Error::Interrupted);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break Err(Error::TimedOut);
            }
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting = state.waiting.saturating_sub(1);
        // The thread may have to start another.
        shared.changed.notify_all();
        drop(state);
        taken.map(|mut process| {
            process.place = Some(place);
            process
        })
    }

    fn place(&self) -> Result<Place, Error> {
        let shared = &self.0.0;
        let mut state = shared.state();
        if state.in_use >= shared.limits.max_workers {
            return Err(Error::Busy(shared.limits.max_workers));
        }
        state.in_use = state.in_use.saturating_add(1);
        drop(state);
        Ok(Place(self.clone()))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, reason: String) -> Error {
        Error::Start { program: format!("{:?}", self.worker), reason }
    }

    /// Starts the thread, unless it runs.
    fn start(shared: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        if !state.has_thread {
            let own = Arc::clone(shared);
            thread::Builder::new().name("workers".to_owned()).spawn(move || own.keep())?;
            state.has_thread = true;
        }
        Ok(())
    }

    /// The work of the thread.
    fn keep(&self) {
        let ready = usize::try_from(self.limits.ready).unwrap_or(usize::MAX);
        let mut state = self.state();
        while !state.is_closed {
            let ahead = if state.is_sick { 0 } else { ready };
            if state.made.len() >= state.waiting.saturating_add(ahead) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(state);
            let made = self.worker.start(&self.begin, &self.limits);
            state = self.state();
            self.say(&mut state, &made);
            // What keeps one from starting is told to whoever waits, and to nobody later.
            state.is_sick = made.is_err();
            if made.is_ok() || state.made.len() < state.waiting {
                state.made.push_back(made);
                self.changed.notify_all();
            }
        }
        // They are killed without the lock.
        let made = std::mem::take(&mut state.made);
        drop(state);
        drop(made);
    }

    /// Tells the log what the first worker lacks.
    fn say(&self, state: &mut State, made: &Result<Process, Error>) {
        match made {
            Ok(process) if !state.has_said => {
                state.has_said = true;
                let (confinement, service) = (process.confinement(), &self.begin.service);
                if confinement.is_whole() {
                    tracing::debug!(%service, "workers are confined in full");
                } else {
                    let missing = confinement.missing().join(" and ");
                    tracing::warn!(%service, "workers lack {missing}");
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!("{error}"),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.0.0.state();
        state.in_use = state.in_use.saturating_sub(1);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &self.0.0;
        f.debug_struct("Pool")
            .field("worker", &shared.worker)
            .field("limits", &shared.limits)
            .finish_non_exhaustive()
    }
}

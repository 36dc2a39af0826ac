//! A live instance of a program, which is called any number of times.

use super::bounds::Bounds;
use super::contexts::Contexts;
use super::engine::typed::Values;
use super::engine::{Linked, Live};
use super::entry::{self, Call, Plan};
use super::error::{Error, Reason};
use super::outcome::{Outcome, Trapped, Value};
use super::program::Program;
use super::run_limits::RunLimits;
use super::signature::Signature;
use super::stack;
use super::stopped::Stopped;
use super::timer::Timer;
use super::typed::{CallError, TypedFunc};
use super::usage::Usage;
use crate::{Ours, Suite};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasi_policy::{InterruptHandle, Memory, OnInterrupt, Trap};

/// A live guest: an instance of a [`Program`] with its memory, its globals and its contexts, which stay from one call to the
/// next. [`Program::start`] makes it.
///
/// Each call may take what the program's [`RunLimits`] say: it has their time and their fuel for itself. The guest lives
/// until it exits, traps, runs out of something or is interrupted; after that it is spent: [`ended`](Self::ended) says why,
/// calls are errors, and the memory and the contexts can still be read.
///
/// ```
/// # #[cfg(feature = "snapshot")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wasi_facade::{Host, Outcome, Value, WasiCtx};
///
/// let module = wat::parse_str(r#"(module
///     (memory (export "memory") 1)
///     (global $calls (mut i32) (i32.const 0))
///     (func (export "count") (result i32)
///         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
///         (global.get $calls))
///     (func (export "first") (param $text i32) (param $len i32) (result i32)
///         (i32.load8_u (local.get $text))))"#)?;
/// let mut instance = Host::new().compile(&module)?.start(WasiCtx::builder().build()?)?;
///
/// // By name, with values whose types are compared at each call.
/// assert_eq!(instance.call("count", &[])?, Outcome::Returned(vec![Value::I32(1)]));
/// assert_eq!(instance.call("count", &[])?, Outcome::Returned(vec![Value::I32(2)]));
///
/// // By a handle, whose types are compared once. What is passed by reference is put into the memory first.
/// let first = instance.func::<(u32, u32), u32>("first")?;
/// instance.memory().write_slice(64, b"hello")?;
/// assert_eq!(first.call(&mut instance, (64, 5))?, u32::from(b'h'));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "snapshot"))]
/// # fn main() {}
/// ```
#[must_use = "dropping it ends the guest"]
pub struct Instance<S: Suite = Ours> {
    program: Program<S>,
    live: Live<S>,
    interrupt: InterruptHandle,
    wakes: Vec<OnInterrupt>,
    timer: Timer,
    ended: Option<Outcome>,
    fuel: u64,
    time: Duration,
    /// Its time counts, whatever its code checks.
    is_timed: bool,
    /// By which handles know it; no two of a process have the same.
    id: u64,
}

impl<S: Suite> fmt::Debug for Instance<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("program", &self.program)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl<S: Suite> Instance<S> {
    /// A store, whose instance is made by [`follow`](Self::follow).
    pub(super) fn new(program: &Program<S>, contexts: Contexts<S>, is_timed: bool) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let Contexts { list, interrupt, wakes } = contexts;
        let bounds = Bounds::new(program.options(), program.checks(), program.limits().clone());
        let live = Live::new(program.linked(), bounds, list, interrupt.clone());
        Instance {
            is_timed: is_timed || program.checks().time || program.limits().timeout.is_some(),
            program: program.clone(),
            live,
            interrupt,
            wakes,
            timer: Timer::default(),
            ended: None,
            fuel: 0,
            time: Duration::ZERO,
            id: LAST.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Makes the instance and the calls of `plan`, as one step.
    pub(super) fn follow(&mut self, plan: &Plan<'_>) -> Result<Outcome, Stopped> {
        self.step(self.limits().timeout, |linked, live| {
            live.instantiate(linked)?;
            if let Some(first) = &plan.first {
                live.call(first)?;
            }
            match &plan.then {
                Some(then) => live.call(then).map(Outcome::Returned),
                None => Ok(Outcome::Exited(0)),
            }
        })
    }

    /// Calls the exported function `name`, within the limits of the program.
    ///
    /// `_start` of a command is called by this as well. Its return is [`Outcome::Exited`] with 0, as [`Program::run`] has it,
    /// and the end of the guest: the application ABI has a command run once.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module exports no such function, `args` are not of the types it takes, or the guest has ended
    /// before. How it ends now is an [`Outcome`].
    pub fn call(&mut self, name: &str, args: &[Value]) -> Result<Outcome, Error> {
        self.call_limited(self.limits().timeout, name, args)
    }

    /// The same with a time limit for this call, in place of the program's.
    ///
    /// # Errors
    ///
    /// See [`call`](Self::call); and an [`Error`] if the code has no checks for a time limit, see
    /// [`Program::with_limits`].
    pub fn call_within(&mut self, timeout: Duration, name: &str, args: &[Value]) -> Result<Outcome, Error> {
        self.check_timed()?;
        self.call_limited(Some(timeout), name, args)
    }

    fn call_limited(
        &mut self,
        timeout: Option<Duration>,
        name: &str,
        args: &[Value],
    ) -> Result<Outcome, Error> {
        let call =
            Call::new(self.program.shape(), name, args).map_err(|reason| self.program.error(reason))?;
        match self.step(timeout, |_, live| live.call(&call)) {
            Ok(_) if call.is_start() => {
                self.end(Outcome::Exited(0));
                Ok(Outcome::Exited(0))
            }
            Ok(values) => Ok(Outcome::Returned(values)),
            Err(Stopped::Ended(outcome)) => Ok(outcome),
            Err(Stopped::Refused(reason)) => Err(self.program.error(reason)),
        }
    }

    /// Looks the exported function `name` up, with parameters `P` and results `R`, for calls that look nothing up.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module exports no such function, it has other types, or the guest has ended.
    pub fn func<P: Values, R: Values>(&mut self, name: &str) -> Result<TypedFunc<P, R>, Error> {
        let signature = entry::signature(self.program.shape(), name);
        let signature = signature.map_err(|reason| self.program.error(reason))?;
        if signature.params != P::TYPES || signature.results != R::TYPES {
            let asked = Signature { params: P::TYPES.to_vec(), results: R::TYPES.to_vec() };
            let (signature, asked) = (signature.to_string(), asked.to_string());
            let name = name.to_owned();
            return Err(self.program.error(Reason::WrongFunction { name, signature, asked }));
        }
        if let Some(outcome) = &self.ended {
            return Err(self.program.error(Reason::Spent(outcome.clone())));
        }
        match self.live.typed(name) {
            Ok(typed) => Ok(TypedFunc { typed, instance: self.id, is_start: entry::is_start(name) }),
            Err(Stopped::Refused(reason)) => Err(self.program.error(reason)),
            Err(Stopped::Ended(outcome)) => Err(self.program.error(Reason::Spent(outcome))),
        }
    }

    /// The guest's memory, to read and to write; each access is checked, and its error names the size that there is.
    ///
    /// A function that returns text gives an address and a length, which [`Memory::text`] takes. Where a function should be
    /// given some, the guest has to say where there is room, as by an export like `malloc`.
    pub fn memory(&mut self) -> Memory<'_> {
        self.live.memory()
    }

    /// How the guest ended, if it has; then the instance is spent.
    #[must_use]
    pub fn ended(&self) -> Option<&Outcome> {
        self.ended.as_ref()
    }

    /// What the guest has taken from its start to now.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let memory = self.live.budget().memory_taken();
        Usage {
            fuel: self.program.checks().fuel.then_some(self.fuel),
            time: self.is_timed.then_some(self.time),
            bytes_written: S::bytes_written(self.live.contexts()),
            memory,
            memory_peak: memory,
        }
    }

    /// What ends the guest from another thread, see [`Contexts::interrupt_handle`]. A guest that is interrupted between two
    /// calls ends in the next one.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// The program that it is an instance of.
    #[must_use]
    pub fn program(&self) -> &Program<S> {
        &self.program
    }

    /// Ends the guest, and gives its contexts back, with what they captured. Those of a guest that was interrupted, or out of
    /// time, stay so.
    #[must_use]
    pub fn into_contexts(self) -> Contexts<S> {
        Contexts { list: self.live.into_contexts(), interrupt: self.interrupt, wakes: self.wakes }
    }

    pub(super) fn contexts_mut(&mut self) -> &mut S::Contexts {
        self.live.contexts_mut()
    }

    pub(super) fn limits(&self) -> &RunLimits {
        self.program.limits()
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// # Errors
    ///
    /// An [`Error`] if the code has no checks for a time limit.
    pub(super) fn check_timed(&self) -> Result<(), Error> {
        match self.program.checks().time {
            true => Ok(()),
            false => Err(self.program.error(Reason::NotInterruptible)),
        }
    }

    #[cold]
    pub(super) fn call_error(&self, stopped: Stopped) -> CallError {
        match stopped {
            Stopped::Ended(outcome) => CallError::Ended(outcome),
            Stopped::Refused(reason) => CallError::Error(self.program.error(reason)),
        }
    }

    /// Notes how the guest ended.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.ended = Some(outcome);
    }

    /// Does something with the guest under a time limit, with the fuel that there is for one step, and counts both.
    #[inline]
    pub(super) fn step<R: Send>(
        &mut self,
        timeout: Option<Duration>,
        act: impl FnOnce(&Linked<S>, &mut Live<S>) -> Result<R, Stopped> + Send,
    ) -> Result<R, Stopped> {
        if let Some(outcome) = &self.ended {
            return Err(Reason::Spent(outcome.clone()).into());
        }
        let Instance { program, live, timer, interrupt, .. } = self;
        let begun = (self.is_timed || timeout.is_some()).then(Instant::now);
        // A limit beyond what the clock can express is none.
        let due = begun.zip(timeout).and_then(|(begun, timeout)| begun.checked_add(timeout));
        timer.begin(due, interrupt, || program.wake())?;
        let linked = program.linked();
        let done = stack::with_stack(program.options().stack, || {
            kept(|| {
                live.begin()?;
                act(linked, live)
            })
        });
        let timed_out = timer.end();
        if program.checks().fuel {
            self.fuel = self.fuel.saturating_add(live.fuel_used());
        }
        if let Some(begun) = begun {
            self.time = self.time.saturating_add(begun.elapsed());
        }
        match done {
            Ok(Ok(result)) if !timed_out => Ok(result),
            done => self.stopped(done.unwrap_or_else(|reason| Err(reason.into())), timed_out),
        }
    }

    /// Notes how the guest ended in a step, if it did. One whose time was up when it returned has ended with that return:
    /// its contexts are interrupted.
    #[cold]
    fn stopped<R>(&mut self, done: Result<R, Stopped>, timed_out: bool) -> Result<R, Stopped> {
        let done = match done {
            Err(Stopped::Ended(Outcome::Interrupted)) if timed_out => Err(Outcome::TimedOut.into()),
            done => done,
        };
        match &done {
            Err(Stopped::Ended(outcome)) => self.end(outcome.clone()),
            _ if timed_out => self.end(Outcome::TimedOut),
            _ => {}
        }
        done
    }
}

/// Runs a guest, and keeps a panic of a host function to it. wasmi's adapter does so for each host function, since a panic
/// does not get through wasmi.
#[inline]
fn kept<R>(guest: impl FnOnce() -> Result<R, Stopped>) -> Result<R, Stopped> {
    catch_unwind(AssertUnwindSafe(guest)).unwrap_or_else(|panic| {
        let trap = Trap::panicked(panic.as_ref());
        Err(Outcome::Trapped(Trapped::by_host(&trap)).into())
    })
}

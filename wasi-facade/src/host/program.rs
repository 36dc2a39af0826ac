//! A module that is compiled and linked.

use super::bounds::Checks;
use super::contexts::Contexts;
use super::engine::{Linked, Loaded, Wake};
use super::entry::{self, Call, EntryPoint, Plan};
use super::error::{Error, Reason};
use super::instance::Instance;
use super::options::Options;
use super::outcome::{Outcome, Value};
use super::run_limits::RunLimits;
use super::shape::Shape;
use super::signature::Signature;
use super::stopped::Stopped;
use super::usage::Usage;
use crate::{Ours, Suite};
use std::fmt;
use std::sync::Arc;
use wasi_policy::Gate;

/// A module that is compiled and linked, to be run any number of times, also at the same time.
///
/// Each run has an instance and a store of its own; runs share nothing but the code. So do clones, and the programs that
/// [`with_limits`](Self::with_limits) gives.
pub struct Program<S: Suite = Ours> {
    code: Arc<Code<S>>,
    limits: RunLimits,
}

/// What programs with different limits share.
struct Code<S: Suite> {
    name: String,
    shape: Shape,
    linked: Linked<S>,
    checks: Checks,
    options: Options,
}

impl<S: Suite> Clone for Program<S> {
    fn clone(&self) -> Self {
        Program { code: Arc::clone(&self.code), limits: self.limits.clone() }
    }
}

impl<S: Suite> fmt::Debug for Program<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.code.name)
            .field("limits", &self.limits)
            .field("options", &self.code.options)
            .finish_non_exhaustive()
    }
}

impl<S: Suite> Program<S> {
    pub(super) fn link(
        name: &str,
        loaded: Loaded,
        shape: Shape,
        gate: &Gate,
        options: &Options,
        checks: Checks,
    ) -> Result<Self, Reason> {
        let linked = Linked::new(loaded, &shape.imports, gate, &options.own)?;
        let code = Code { name: name.to_owned(), shape, linked, checks, options: options.clone() };
        Ok(Program { code: Arc::new(code), limits: options.limits.clone() })
    }

    /// The same program with other limits, for tenants who may spend more or less. Nothing is compiled again: both share
    /// the code, and the host's other settings.
    ///
    /// These limits replace all of those that the program has, so start from [`limits`](Self::limits) to change one.
    ///
    /// ```
    /// # #[cfg(feature = "snapshot")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wasi_facade::{Host, Outcome, RunLimits, WasiCtx};
    ///
    /// # let module = wat::parse_str(r#"(module (func (export "_start") (loop $again (br $again))))"#)?;
    /// // Counts fuel, and looks whether its time is up; by itself this program has no limit.
    /// let program = Host::new().interruptible().fuel(u64::MAX).compile(&module)?;
    /// let small = program.with_limits(RunLimits::default().fuel(10_000))?;
    /// assert_eq!(small.run(WasiCtx::builder().build()?)?, Outcome::OutOfFuel);
    /// let large = small.with_limits(small.limits().clone().fuel(1_000_000_000))?;
    /// # drop(large);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "snapshot"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error`] if the code cannot be held to the limits: it does so for a timeout only if it was compiled with
    /// [`Host::interruptible`](super::Host::interruptible) or a timeout, for fuel only with
    /// [`Host::fuel`](super::Host::fuel), and for memory unless it shares one. Code that was
    /// [precompiled](super::Host::precompile) can do neither of the first two.
    pub fn with_limits(&self, limits: RunLimits) -> Result<Self, Error> {
        let Code { checks, shape, .. } = &*self.code;
        let reason = if limits.timeout.is_some() && !checks.time {
            Reason::NotInterruptible
        } else if limits.fuel.is_some() && !checks.fuel {
            Reason::NotMetered
        } else if limits.max_memory.is_some() && shape.shares_memory {
            Reason::UnboundedMemory
        } else {
            return Ok(Program { code: Arc::clone(&self.code), limits });
        };
        Err(self.error(reason))
    }

    /// What a run may take.
    #[must_use]
    pub fn limits(&self) -> &RunLimits {
        &self.limits
    }

    /// Runs a command (`_start`), or makes a reactor ready (`_initialize`, if it has one). A module with neither is a
    /// reactor too: its start section runs, which every instance begins with. [`start`](Self::start) keeps what was made
    /// ready.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module has both, or cannot be started within the limits. What the guest does
    /// wrong is an [`Outcome`].
    pub fn run(&self, contexts: impl Into<Contexts<S>>) -> Result<Outcome, Error> {
        self.enter(EntryPoint::Main, contexts.into(), false).map(|(outcome, _)| outcome)
    }

    /// The same, and what the guest has taken; its time always counts.
    ///
    /// # Errors
    ///
    /// See [`run`](Self::run).
    pub fn run_with_usage(&self, contexts: impl Into<Contexts<S>>) -> Result<(Outcome, Usage), Error> {
        self.run_to_instance(contexts).map(|(outcome, instance)| (outcome, instance.usage()))
    }

    /// The same, and the guest as it is then: with its contexts ([`ContextOf`](super::ContextOf)), with what it has taken,
    /// whose time always counts, and with its memory. A command is spent; a reactor, unless it ended, can be called.
    ///
    /// # Errors
    ///
    /// See [`run`](Self::run).
    pub fn run_to_instance(&self, contexts: impl Into<Contexts<S>>) -> Result<(Outcome, Instance<S>), Error> {
        self.enter(EntryPoint::Main, contexts.into(), true)
    }

    /// Calls one function of the module; a reactor is made ready first.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module exports no such function, or `args` are not of the types it takes.
    pub fn invoke(
        &self,
        name: &str,
        args: &[Value],
        contexts: impl Into<Contexts<S>>,
    ) -> Result<Outcome, Error> {
        self.enter(EntryPoint::Function { name, args }, contexts.into(), false).map(|(outcome, _)| outcome)
    }

    /// Starts a guest that is kept: its start section runs, and a reactor is made ready (`_initialize`), under the limits for
    /// one call. Of a command nothing is called yet; [`Instance::call`] calls its `_start`, and any other function.
    ///
    /// A guest that ends meanwhile gives an instance that is spent, with all that it captured.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module exports both `_start` and `_initialize`, or cannot be started within the limits.
    pub fn start(&self, contexts: impl Into<Contexts<S>>) -> Result<Instance<S>, Error> {
        let plan = Plan::new(&self.code.shape, EntryPoint::Ready).map_err(|reason| self.error(reason))?;
        let mut instance = Instance::new(self, contexts.into(), false);
        match instance.follow(&plan) {
            Ok(_) | Err(Stopped::Ended(_)) => Ok(instance),
            Err(Stopped::Refused(reason)) => Err(self.error(reason)),
        }
    }

    /// The type of the exported function `name`.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module exports no such function, or one that takes more than numbers.
    pub fn signature(&self, name: &str) -> Result<&Signature, Error> {
        entry::signature(&self.code.shape, name).map_err(|reason| self.error(reason))
    }

    pub(super) fn error(&self, reason: Reason) -> Error {
        Error::new(&self.code.name, reason)
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.code.shape
    }

    pub(super) fn linked(&self) -> &Linked<S> {
        &self.code.linked
    }

    pub(super) fn checks(&self) -> Checks {
        self.code.checks
    }

    pub(super) fn options(&self) -> &Options {
        &self.code.options
    }

    /// What makes the engine look whether a guest should end, if its code has checks for that.
    pub(super) fn wake(&self) -> Option<Wake> {
        self.code.checks.time.then(|| self.code.linked.wake()).flatten()
    }

    fn enter(
        &self,
        entry: EntryPoint<'_>,
        contexts: Contexts<S>,
        is_timed: bool,
    ) -> Result<(Outcome, Instance<S>), Error> {
        let plan = Plan::new(&self.code.shape, entry).map_err(|reason| self.error(reason))?;
        let mut instance = Instance::new(self, contexts, is_timed);
        match instance.follow(&plan) {
            Ok(outcome) => {
                if plan.first.as_ref().is_some_and(Call::is_start) {
                    instance.end(outcome.clone());
                }
                Ok((outcome, instance))
            }
            Err(Stopped::Ended(outcome)) => Ok((outcome, instance)),
            Err(Stopped::Refused(reason)) => Err(self.error(reason)),
        }
    }
}

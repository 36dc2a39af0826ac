//! A module that is compiled and linked.

use super::engine::{Linked, Loaded};
use super::entry::{self, Entry, Plan};
use super::shape::{Shape, Signature};
use super::supervise::supervise;
use super::{Contexts, Error, Options, Outcome, Reason, Value};
use crate::{Ours, Suite};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_policy::Gate;

/// A module that is compiled and linked, to be run any number of times, also at the same time.
///
/// Each run has an instance and a store of its own; runs share nothing but the code.
pub struct Program<S: Suite = Ours> {
    name: String,
    shape: Shape,
    linked: Linked<S>,
    options: Options,
}

impl<S: Suite> fmt::Debug for Program<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("options", &self.options)
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
    ) -> Result<Self, Reason> {
        let linked = Linked::new(loaded, &shape.imports, gate)?;
        Ok(Program { name: name.to_owned(), shape, linked, options: options.clone() })
    }

    /// Runs a command (`_start`), or makes a reactor ready (`_initialize`, if it has one). A module with neither is a
    /// reactor too: its start section runs, which every instance begins with.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module has both, or cannot be started within the limits. What the guest does
    /// wrong is an [`Outcome`].
    pub fn run(&self, contexts: impl Into<Contexts<S>>) -> Result<Outcome, Error> {
        self.enter(Entry::Main, contexts.into())
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
        self.enter(Entry::Function { name, args }, contexts.into())
    }

    /// The type of the exported function `name`.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module exports no such function, or one that takes more than numbers.
    pub fn signature(&self, name: &str) -> Result<&Signature, Error> {
        entry::signature(&self.shape, name).map_err(|reason| Error::new(&self.name, reason))
    }

    fn enter(&self, entry: Entry<'_>, contexts: Contexts<S>) -> Result<Outcome, Error> {
        let run = || {
            let plan = Plan::new(&self.shape, entry)?;
            let Contexts { list, interrupter } = contexts;
            let _over = interrupter.over();
            self.linked.listen_to(&interrupter);
            let timed_out = AtomicBool::new(false);
            let outcome = supervise(
                &self.options,
                || timed_out.store(interrupter.raise(), Ordering::SeqCst),
                || self.linked.run(&self.options, &plan, list, interrupter.flag()),
            )??;
            Ok(match outcome {
                Outcome::Interrupted if timed_out.into_inner() => Outcome::TimedOut,
                outcome => outcome,
            })
        };
        run().map_err(|reason| Error::new(&self.name, reason))
    }
}

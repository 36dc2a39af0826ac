//! The enum over live instances of all engines.

use super::typed::{Typed, Values};
#[cfg(feature = "wasmi")]
use super::wasmi;
#[cfg(feature = "wasmtime")]
use super::wasmtime;
use super::{Linked, RunBudget};
use crate::Suite;
use crate::host::bounds::Bounds;
use crate::host::entry::Call;
use crate::host::error::Reason;
use crate::host::outcome::Value;
use crate::host::stopped::Stopped;
use wasi_policy::{InterruptHandle, Memory};

/// A store with an instance, once there is one.
pub(in crate::host) enum Live<S: Suite> {
    #[cfg(feature = "wasmtime")]
    Wasmtime(wasmtime::Live<S>),
    /// Elsewhere, since a store of wasmi's is large.
    #[cfg(feature = "wasmi")]
    Wasmi(Box<wasmi::Live<S>>),
}

/// Does the same on each engine.
macro_rules! on_each {
    ($live:expr, $one:ident => $does:expr) => {
        match $live {
            #[cfg(feature = "wasmtime")]
            Live::Wasmtime($one) => $does,
            #[cfg(feature = "wasmi")]
            Live::Wasmi($one) => $does,
        }
    };
}

/// Does it where the engine of one is that of the other, as it is for what belongs to one instance.
macro_rules! on_same {
    ($live:expr, $other:expr, $kind:ident, ($one:ident, $another:ident) => $does:expr) => {
        match ($live, $other) {
            #[cfg(feature = "wasmtime")]
            (Live::Wasmtime($one), $kind::Wasmtime($another)) => $does,
            #[cfg(feature = "wasmi")]
            (Live::Wasmi($one), $kind::Wasmi($another)) => $does,
            #[cfg(all(feature = "wasmtime", feature = "wasmi"))]
            _ => Err(Stopped::Refused(Reason::OtherInstance)),
        }
    };
}

impl<S: Suite> Live<S> {
    /// A store for an instance of `linked`.
    pub(in crate::host) fn new(
        linked: &Linked<S>,
        bounds: Bounds,
        contexts: S::Contexts,
        stop: InterruptHandle,
    ) -> Self {
        match linked {
            #[cfg(feature = "wasmtime")]
            Linked::Wasmtime(linked) => Live::Wasmtime(wasmtime::Live::new(linked, bounds, contexts, stop)),
            #[cfg(feature = "wasmi")]
            Linked::Wasmi(linked) => Live::Wasmi(Box::new(wasmi::Live::new(linked, bounds, contexts, stop))),
        }
    }

    /// Begins a step, which has the fuel that there is for one, and sees an interrupt.
    #[inline]
    pub(in crate::host) fn begin(&mut self) -> Result<(), Stopped> {
        on_each!(self, live => live.begin())
    }

    /// Makes the instance, whose start section runs.
    pub(in crate::host) fn instantiate(&mut self, linked: &Linked<S>) -> Result<(), Stopped> {
        on_same!(self, linked, Linked, (live, linked) => live.instantiate(linked))
    }

    /// Calls a function.
    pub(in crate::host) fn call(&mut self, call: &Call<'_>) -> Result<Vec<Value>, Stopped> {
        on_each!(self, live => live.call(call))
    }

    /// Looks the function `name` up, whose type has been compared.
    pub(in crate::host) fn typed<P: Values, R: Values>(
        &mut self,
        name: &str,
    ) -> Result<Typed<P, R>, Stopped> {
        match self {
            #[cfg(feature = "wasmtime")]
            Live::Wasmtime(live) => live.typed(name).map(Typed::Wasmtime),
            #[cfg(feature = "wasmi")]
            Live::Wasmi(live) => live.typed(name).map(Typed::Wasmi),
        }
    }

    /// Calls a function of this instance.
    #[inline]
    pub(in crate::host) fn call_typed<P: Values, R: Values>(
        &mut self,
        function: &Typed<P, R>,
        params: P,
    ) -> Result<R, Stopped> {
        on_same!(self, function, Typed, (live, function) => live.call_typed(function, params))
    }

    /// The fuel that the step has used.
    pub(in crate::host) fn fuel_used(&self) -> u64 {
        on_each!(self, live => live.fuel_used())
    }

    /// The memory, for the host.
    pub(in crate::host) fn memory(&mut self) -> Memory<'_> {
        on_each!(self, live => live.memory())
    }

    /// What its memories take.
    pub(in crate::host) fn budget(&self) -> &RunBudget {
        on_each!(self, live => &live.data().budget)
    }

    pub(in crate::host) fn contexts(&self) -> &S::Contexts {
        on_each!(self, live => &live.data().contexts)
    }

    pub(in crate::host) fn contexts_mut(&mut self) -> &mut S::Contexts {
        on_each!(self, live => &mut live.data_mut().contexts)
    }

    pub(in crate::host) fn into_contexts(self) -> S::Contexts {
        on_each!(self, live => live.into_data().contexts)
    }
}

/// An export is not there, though all of them have been looked at before.
pub(super) fn lost() -> Stopped {
    Reason::Engine("the module lost an export".to_owned()).into()
}

//! The enums over all engines: the only place of this crate where an engine is named.

mod budget;
mod contained;
mod data;
mod encode;
pub(super) mod kind;
mod live;
mod recent;
pub(super) mod typed;
#[cfg(feature = "wasmi")]
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use super::error::Reason;
use super::options::Options;
use super::own::OwnFunc;
use super::shape::{Import, Shape};
pub(super) use budget::RunBudget;
pub(in crate::host) use contained::contained;
use kind::Engine;
pub(super) use live::Live;
#[cfg(feature = "isolate")]
pub(super) use wasmtime::answer;

use crate::Suite;
use wasi_policy::Gate;

/// Makes an engine look whether its guests should end.
pub(super) type Wake = Box<dyn Fn() + Send + Sync>;

/// A module that is compiled but not linked.
pub(super) enum Loaded {
    #[cfg(feature = "wasmtime")]
    Wasmtime(wasmtime::Loaded),
    #[cfg(feature = "wasmi")]
    Wasmi(wasmi::Loaded),
}

impl Loaded {
    /// Looks at the module and compiles it, or takes its code from the cache, where only what was looked at comes to.
    pub(super) fn compile(options: &Options, binary: &[u8], shape: &Shape) -> Result<Self, Reason> {
        contained(|| match options.engine {
            #[cfg(feature = "wasmtime")]
            Engine::Wasmtime => wasmtime::Loaded::compile(options, binary, shape).map(Loaded::Wasmtime),
            #[cfg(feature = "wasmi")]
            Engine::Wasmi => wasmi::Loaded::compile(options, binary, shape).map(Loaded::Wasmi),
        })
    }
}

/// A module that is ready to be instantiated.
pub(super) enum Linked<S: Suite> {
    #[cfg(feature = "wasmtime")]
    Wasmtime(wasmtime::Linked<S>),
    #[cfg(feature = "wasmi")]
    Wasmi(wasmi::Linked<S>),
}

impl<S: Suite> Linked<S> {
    /// Links those of the module's `imports` that are among the host's `own` functions, or that `gate` permits.
    pub(super) fn new(
        loaded: Loaded,
        imports: &[Import],
        gate: &Gate,
        own: &[OwnFunc],
    ) -> Result<Self, Reason> {
        match loaded {
            #[cfg(feature = "wasmtime")]
            Loaded::Wasmtime(loaded) => {
                wasmtime::Linked::new(loaded, imports, gate, own).map(Linked::Wasmtime)
            }
            #[cfg(feature = "wasmi")]
            Loaded::Wasmi(loaded) => wasmi::Linked::new(loaded, imports, gate, own).map(Linked::Wasmi),
        }
    }

    /// What makes the engine look whether its guests should end, unless it does so by itself.
    ///
    /// It has to be called again until the call has ended: while a call of the same program that was not meant goes on from
    /// its look, it can miss a call.
    pub(super) fn wake(&self) -> Option<Wake> {
        match self {
            #[cfg(feature = "wasmtime")]
            Linked::Wasmtime(linked) => Some(linked.wake()),
            // Each time a slice of fuel is used up.
            #[cfg(feature = "wasmi")]
            Linked::Wasmi(_) => None,
        }
    }
}

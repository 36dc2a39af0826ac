//! The options of a host that its engines need to know.

#[cfg(feature = "cache")]
use super::cache::Cache;
use super::compile_limits::CompileLimits;
#[cfg(feature = "isolate")]
use super::compile_workers::CompileWorkers;
use super::engine::kind::Engine;
use super::own::OwnFunc;
use super::run_limits::RunLimits;

/// What the engines need to know of a [`Host`](crate::Host).
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) engine: Engine,
    pub(super) stack: Option<usize>,
    /// How many instances of a program there is room for, if that is kept.
    pub(super) pool: Option<u32>,
    pub(super) interruptible: bool,
    /// Those of its programs, unless they are given others.
    pub(super) limits: RunLimits,
    pub(super) source_lines: bool,
    pub(super) trap_unknown_imports: bool,
    pub(super) compile: CompileLimits,
    pub(super) own: Vec<OwnFunc>,
    #[cfg(feature = "cache")]
    pub(super) cache: Option<Cache>,
    #[cfg(feature = "isolate")]
    pub(super) workers: Option<CompileWorkers>,
}

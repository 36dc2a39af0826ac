//! The host, a builder with all options, which compiles modules into programs.

mod bounds;
mod compile_limits;
#[cfg(feature = "isolate")]
mod compile_workers;
mod contexts;
mod engine;
mod entry;
mod error;
mod instance;
mod look;
mod needs;
mod options;
mod outcome;
mod own;
mod program;
mod run_limits;
mod shape;
mod signature;
mod stack;
mod stopped;
mod text;
mod timer;
mod typed;
mod usage;

#[cfg(feature = "cache")]
mod cache;

#[cfg(feature = "cache")]
pub use cache::{Cache, CacheError};
pub use compile_limits::CompileLimits;
#[cfg(feature = "isolate")]
pub use compile_workers::{CompileWorkers, compile_service};
pub use contexts::{ContextOf, Contexts};
pub use engine::kind::Engine;
pub use engine::typed::Values;
pub use error::{Error, Reason};
pub use instance::Instance;
pub use look::costly::Costly;
pub use needs::{Need, Needs};
pub use outcome::{Outcome, TrapKind, Trapped, Value, ValueError};
pub use program::Program;
pub use run_limits::RunLimits;
pub use signature::{Kind, Signature};
pub use typed::{CallError, TypedFunc};
pub use usage::Usage;
pub use wasi_policy::{InterruptHandle, InterruptOnDrop};

use crate::{Ours, Status, Suite};
use bounds::Checks;
use engine::Loaded;
use options::Options;
use own::OwnFunc;
use shape::Shape;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;
use wasi_policy::{Flags, Gate, Memory, Params, Proposal, Returns, Trap};

/// Compiles and runs modules: which proposals they may use, which engine runs them, and what they may
/// spend.
///
/// A host of its own has [`Ours`], the proposals that are compiled in; [`with`](Self::with) adds one of
/// the embedder's. See the [crate's tour](crate) for an example.
pub struct Host<S: Suite = Ours> {
    gate: Gate,
    options: Options,
    suite: PhantomData<fn() -> S>,
}

impl Host {
    /// A host with the proposals that are compiled in, no flags, and the default engine.
    #[must_use]
    pub fn new() -> Self {
        Host { gate: Gate::default(), options: Options::default(), suite: PhantomData }
    }
}

impl<S: Suite> Clone for Host<S> {
    fn clone(&self) -> Self {
        Host { gate: self.gate.clone(), options: self.options.clone(), suite: PhantomData }
    }
}

impl<S: Suite> fmt::Debug for Host<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("gate", &self.gate).field("options", &self.options).finish()
    }
}

impl Default for Host {
    fn default() -> Self {
        Host::new()
    }
}

impl<S: Suite> Host<S> {
    /// Adds the proposal `P`, which the gate weighs like any other.
    ///
    /// Runs then need its context too, see [`Contexts::with`].
    #[must_use]
    pub fn with<P>(self) -> Host<(P, S)>
    where
        P: Proposal<Context: Send + 'static> + 'static,
    {
        Host { gate: self.gate, options: self.options, suite: PhantomData }
    }

    /// Offers guests a function of the embedder's own, the import `module.name`. It has the memory of the guest that calls it,
    /// and numbers; what it works on besides, the closure has to bring along. For more, there are
    /// [proposals](Self::with).
    ///
    /// A function that panics ends its guest by a trap, and the host goes on.
    ///
    /// Compiling is an error where a proposal offers the same import, or it is defined twice. A call costs more than one of a
    /// proposal's functions, since the engine passes its arguments in a list.
    ///
    /// ```
    /// # #[cfg(feature = "snapshot")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::{Arc, Mutex};
    /// use wasi_facade::{Host, WasiCtx};
    ///
    /// # let module = wat::parse_str(r#"(module
    /// #     (import "env" "log" (func $log (param i32 i32)))
    /// #     (memory (export "memory") 1)
    /// #     (data (i32.const 0) "hello")
    /// #     (func (export "_start") (call $log (i32.const 0) (i32.const 5))))"#)?;
    /// let lines = Arc::new(Mutex::new(Vec::new()));
    /// let log = Arc::clone(&lines);
    /// let host = Host::new().func("env", "log", move |memory, (text, len): (u32, u32)| {
    ///     log.lock().unwrap().push(memory.text(text, len)?.into_owned());
    ///     Ok(())
    /// });
    /// host.run(&module, WasiCtx::builder().build()?)?;
    /// assert_eq!(*lines.lock().unwrap(), ["hello"]);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "snapshot"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn func<P: Params, R: Returns>(
        mut self,
        module: &'static str,
        name: &'static str,
        f: impl Fn(Memory<'_>, P) -> Result<R, Trap> + Send + Sync + 'static,
    ) -> Self {
        self.options.own.push(OwnFunc::new(module, name, f));
        self
    }

    /// What the user said about proposals; the last call counts. Compiling refuses flags for proposals that this host
    /// does not know.
    #[must_use]
    pub fn flags(mut self, flags: Flags) -> Self {
        self.gate = Gate::new(flags);
        self
    }

    /// The engine that compiles and runs modules.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.options.engine = engine;
        self
    }

    /// Gives guests a call stack of `bytes`, and runs each on a thread of its own that has room for it.
    ///
    /// Without this call guests run on the caller's thread with [`Engine::DEFAULT_STACK`], for which that has to have
    /// room, and for host functions below it: a megabyte in all. Threads of Rust's have 2 MiB; **on a thread with less,
    /// a guest that recurses can overflow the host's stack, which ends the process**. Interpreters written in C and
    /// other deep recursions may need 8 MiB.
    ///
    /// It is not among the [`RunLimits`], since engines fix it for the code of a program.
    #[must_use]
    pub fn stack(mut self, bytes: usize) -> Self {
        self.options.stack = Some(bytes);
        self
    }

    /// Keeps room for `instances` of each program at once, from which starts take theirs: several threads then do not wait
    /// for each other in the system, as they do where each start maps its memory anew. With all of them in use, a start is
    /// an error.
    ///
    /// Only addresses are reserved, 4 GiB for each memory, of which there are enough for some ten thousand instances; what
    /// guests touch is the system's to give, and bounded by [`max_memory`](Self::max_memory) as without a pool. A module with
    /// a shared memory does not compile. wasmi has no pool, and starts as many as it is asked for.
    #[must_use]
    pub fn pool(mut self, instances: u32) -> Self {
        self.options.pool = Some(instances);
        self
    }

    /// Ends a guest that runs longer, with [`Outcome::TimedOut`]; compiling does not count.
    ///
    /// Code is compiled with checks for it, as for [`interruptible`](Self::interruptible); one thread of the process
    /// watches over all runs. A precompiled program cannot be stopped in a loop of its own code, only in host calls: its
    /// code lacks the checks. A module with a shared memory does not compile: a guest could wait there for ever, where
    /// nothing reaches it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.limits.timeout = Some(timeout);
        self
    }

    /// Lets an [`InterruptHandle`] end guests that compute, and not only those that wait in a host call. Code then
    /// looks in each loop whether it should end, which costs some speed; a [`timeout`](Self::timeout) implies it.
    ///
    /// A module with a shared memory does not compile, as with a timeout.
    #[must_use]
    pub fn interruptible(mut self) -> Self {
        self.options.interruptible = true;
        self
    }

    /// Stops a guest after about so many instructions, with [`Outcome::OutOfFuel`]; see [`RunLimits::fuel`]. Code is
    /// compiled to count them, which costs some speed; `u64::MAX` does so for [`Program::with_limits`] alone.
    #[must_use]
    pub fn fuel(mut self, instructions: u64) -> Self {
        self.options.limits.fuel = Some(instructions);
        self
    }

    /// Lets a guest's memories grow to so many bytes in all, beyond which growing fails; a module with a
    /// shared memory then does not start.
    ///
    /// Without this call it is what [`RunLimits::max_memory`] says.
    #[must_use]
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.options.limits.max_memory = Some(bytes);
        self
    }

    /// Has backtraces name files and lines, from the debug information of modules. **Only for modules you trust**:
    /// nothing bounds what reading it takes, and hostile debug information overflows the host's stack. Without this
    /// call it is never read, and backtraces have the names of functions. wasmi has no backtraces.
    #[must_use]
    pub fn source_lines(mut self) -> Self {
        self.options.source_lines = true;
        self
    }

    /// Lets modules run that import functions which nobody offers: calling one is a trap that names it. Programs often
    /// import more than they call.
    ///
    /// Without this call such a module does not compile. Functions of a proposal that the gate refuses, and imports
    /// that are no functions, are refused in any case.
    #[must_use]
    pub fn trap_unknown_imports(mut self) -> Self {
        self.options.trap_unknown_imports = true;
        self
    }

    /// Bounds what compiling a module may cost; by default [`CompileLimits::default`] does. Code that a cache has was within
    /// the bounds of who compiled it, and is taken as it is.
    #[must_use]
    pub fn compile_limits(mut self, limits: CompileLimits) -> Self {
        self.options.compile = limits;
        self
    }

    /// Compiles modules in workers, processes that the system confines. What compiling takes is then bounded for certain, in
    /// time and memory, and ends with the worker. Code that a [cache](Self::cache) has needs no worker. wasmi compiles
    /// function by function while a guest runs, and does so here.
    #[cfg(feature = "isolate")]
    #[must_use]
    pub fn compile_in(mut self, workers: CompileWorkers) -> Self {
        self.options.workers = Some(workers);
        self
    }

    /// Keeps compiled code in `cache`, and takes it from there.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.options.cache = Some(cache);
        self
    }

    /// Checks what a module imports, compiles it and links it; the program can then be run many times.
    ///
    /// # Errors
    ///
    /// An [`Error`] whose [`Reason`] tells what is wrong with the module, or which proposal it may not use.
    pub fn compile(&self, module: &[u8]) -> Result<Program<S>, Error> {
        self.compile_named("the module", module)
    }

    /// [`compile`](Self::compile) with a name for error messages.
    ///
    /// # Errors
    ///
    /// See [`compile`](Self::compile).
    pub fn compile_named(&self, name: &str, module: &[u8]) -> Result<Program<S>, Error> {
        self.with_binary(name, module, |binary, shape| {
            // A module that may not run is not worth compiling.
            needs::check::<S>(&self.gate, &self.options, &shape)?;
            let loaded = Loaded::compile(&self.options, binary, &shape)?;
            self.link(name, loaded, shape, Checks::of(&self.options))
        })
    }

    /// Compiles and runs a module.
    ///
    /// # Errors
    ///
    /// See [`compile`](Self::compile) and [`Program::run`].
    pub fn run(&self, module: &[u8], contexts: impl Into<Contexts<S>>) -> Result<Outcome, Error> {
        self.compile(module)?.run(contexts)
    }

    /// What a module imports, who offers it, and whether the flags allow it. Compiles nothing.
    ///
    /// # Errors
    ///
    /// An [`Error`] if `module` is not a module.
    pub fn needs(&self, name: &str, module: &[u8]) -> Result<Needs, Error> {
        self.with_binary(name, module, |_, shape| Ok(Needs::of::<S>(&self.gate, &self.options, &shape)))
    }

    /// Every proposal of the matrix and of this host, and what the gate says about it.
    #[must_use]
    pub fn proposals(&self) -> Vec<Status> {
        needs::statuses::<S>(&self.gate)
    }

    /// Links what was compiled with these `checks`.
    fn link(&self, name: &str, loaded: Loaded, shape: Shape, checks: Checks) -> Result<Program<S>, Reason> {
        Program::link(name, loaded, shape, &self.gate, &self.options, checks)
    }

    /// Reads a module in either form, and says whose errors the errors are.
    fn with_binary<R>(
        &self,
        name: &str,
        module: &[u8],
        then: impl FnOnce(&[u8], Shape) -> Result<R, Reason>,
    ) -> Result<R, Error> {
        let run = || {
            let binary = text::to_binary(module)?;
            let shape = Shape::of(&binary)?;
            then(&binary, shape)
        };
        run().map_err(|reason| Error::new(name, reason))
    }
}

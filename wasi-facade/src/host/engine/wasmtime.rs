//! The engine Wasmtime, which compiles modules to native code.

mod artifact;
mod backtrace;
#[cfg(feature = "cache")]
mod cached;
mod config;
mod ending;
mod limiter;
mod live;
#[cfg(feature = "isolate")]
mod remote;
mod shape;
mod threads;
mod value;

pub(in crate::host) use live::Live;
#[cfg(feature = "isolate")]
pub(in crate::host) use remote::answer;

use super::Wake;
use super::data::Data;
use crate::Suite;
use crate::host::bounds::Checks;
use crate::host::error::{Reason, one_line};
use crate::host::look;
use crate::host::options::Options;
use crate::host::own::{self, OwnFunc};
use crate::host::run_limits::RunLimits;
use crate::host::shape::{Import, Shape};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use wasi_engine_wasmtime as adapter;
use wasi_policy::{Gate, Trap};
use wasmtime::{Engine, ExternType, InstancePre, Linker, Module, PoolConcurrencyLimitError, WasmBacktrace};

type DataOf<S> = Data<<S as Suite>::Contexts, adapter::Bound>;

/// A compiled module.
pub(in crate::host) struct Loaded {
    engine: Engine,
    module: Module,
    pool: Option<u32>,
}

impl Loaded {
    pub(super) fn compile(options: &Options, binary: &[u8], shape: &Shape) -> Result<Self, Reason> {
        let checks = Checks::of(options);
        if checks.time && shape.shares_memory {
            return Err(Reason::SharedMemory);
        }
        if options.limits.max_memory.is_some() && shape.shares_memory {
            return Err(Reason::UnboundedMemory);
        }
        if options.pool.is_some() && shape.shares_memory {
            return Err(Reason::SharedInPool);
        }
        let engine = config::engine(options, checks, Some(shape))?;
        #[cfg(feature = "cache")]
        let module = cached::find_or_compile(options, &engine, binary, shape)?;
        #[cfg(not(feature = "cache"))]
        let module = compile(options, &engine, binary, shape)?;
        Ok(Loaded { engine, module, pool: options.pool })
    }
}

impl Loaded {
    /// Loads compiled code. A pool has room for a module of its shape, which only the code tells, so that it is loaded twice.
    fn of_code<E: From<Reason>>(
        options: &Options,
        checks: Checks,
        load: impl Fn(&Engine) -> Result<Module, E>,
    ) -> Result<Self, E> {
        let engine = config::engine(options, checks, None)?;
        let module = load(&engine)?;
        if options.pool.is_none() {
            return Ok(Loaded { engine, module, pool: None });
        }
        let engine = config::engine(options, checks, Some(&shape::of(&module)))?;
        Ok(Loaded { module: load(&engine)?, engine, pool: options.pool })
    }
}

/// A module with its imports resolved.
pub(in crate::host) struct Linked<S: Suite> {
    engine: Engine,
    pool: Option<u32>,
    instance: InstancePre<DataOf<S>>,
}

impl<S: Suite> Linked<S> {
    /// Why there is no instance. Nobody has looked at a module whose code was kept.
    fn refused(&self, limits: &RunLimits, error: &wasmtime::Error) -> Reason {
        let mut exports = self.instance.module().exports();
        if error.is::<PoolConcurrencyLimitError>() {
            return Reason::PoolInUse { instances: self.pool.unwrap_or_default() };
        }
        let is_shared = |ty| matches!(ty, ExternType::Memory(memory) if memory.is_shared());
        if limits.max_memory.is_some() && exports.any(|export| is_shared(export.ty())) {
            return Reason::UnboundedMemory;
        }
        Reason::start(limits, say(error))
    }

    pub(super) fn new(
        loaded: Loaded,
        imports: &[Import],
        gate: &Gate,
        own: &[OwnFunc],
    ) -> Result<Self, Reason> {
        let Loaded { engine, module, pool } = loaded;
        let mut linker = Linker::<DataOf<S>>::new(&engine);
        let mut adapter = adapter::one_instance(&mut linker, |data| &mut data.memory);
        let (own, names) = own::needed(own, imports);
        for function in own {
            let call = Arc::clone(&function.call);
            adapter
                .func_of_slots(&function.import, move |_, memory, slots| call(memory, slots))
                .map_err(Reason::Link)?;
        }
        let others =
            S::register_needed(gate, &mut adapter, &names, |data: &mut DataOf<S>| &mut data.contexts)?;
        trap_others(&mut linker, &module, others.into_iter().collect())
            .map_err(|error| Reason::Engine(say(&error)))?;
        let instance = linker.instantiate_pre(&module).map_err(|error| Reason::Engine(say(&error)))?;
        Ok(Linked { engine, pool, instance })
    }

    /// Makes code that checks the time look at its flag.
    pub(super) fn wake(&self) -> Wake {
        let engine = self.engine.clone();
        Box::new(move || engine.increment_epoch())
    }
}

/// Has the functions that nobody offers trap when they are called. The host has refused the module already if it may not
/// have any.
fn trap_others<'m, T: 'static>(
    linker: &mut Linker<T>,
    module: &'m Module,
    mut others: HashSet<(&'m str, &'m str)>,
) -> wasmtime::Result<()> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if let ExternType::Func(ty) = import.ty()
            && others.remove(&(from, name))
        {
            let names = (from.to_owned(), name.to_owned());
            linker.func_new(from, name, ty, move |_, _, _| {
                Err(adapter::error(Trap::unknown_import(&names.0, &names.1)))
            })?;
        }
    }
    Ok(())
}

/// What Wasmtime compiles of a module, if compiling it costs no more than it may.
fn prepared<'m>(options: &Options, binary: &'m [u8], shape: &Shape) -> Result<Cow<'m, [u8]>, Reason> {
    look::check(binary, &options.compile)?;
    Ok(threads::with_own_memory(binary, shape))
}

fn compile(options: &Options, engine: &Engine, binary: &[u8], shape: &Shape) -> Result<Module, Reason> {
    let binary = prepared(options, binary, shape)?;
    #[cfg(feature = "isolate")]
    if let Some(workers) = &options.workers {
        let code = remote::compile(workers, options, Checks::of(options), &binary)?;
        return artifact::of_worker(engine, &code);
    }
    Module::from_binary(engine, &binary).map_err(|error| Reason::Invalid(say(&error)))
}

/// Wasmtime's own words, causes included, on one line. A backtrace among them is left out, since its text has no
/// bound; `backtrace` has the one for people.
fn say(error: &wasmtime::Error) -> String {
    match error.is::<WasmBacktrace>() {
        true => one_line(error.root_cause()),
        false => one_line(error.as_ref()),
    }
}

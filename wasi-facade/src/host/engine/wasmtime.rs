//! The engine Wasmtime, which compiles modules to native code.

mod artifact;
mod backtrace;
#[cfg(feature = "cache")]
mod cached;
mod config;
mod ending;
mod limiter;
mod shape;
mod threads;

use super::Wake;
use super::data::Data;
use crate::Suite;
use crate::host::bounds::{Bounds, Checks};
use crate::host::entry::Plan;
use crate::host::error::{Reason, one_line};
use crate::host::look;
use crate::host::options::Options;
use crate::host::outcome::{Outcome, Value};
use crate::host::run_limits::RunLimits;
use crate::host::shape::{Import, Shape};
use std::borrow::Cow;
use std::collections::HashSet;
use wasi_engine_wasmtime as adapter;
use wasi_policy::{Gate, InterruptHandle, Trap};
use wasmtime::{
    Engine, ExternType, Instance, InstancePre, Linker, Module, Store, UpdateDeadline, Val, WasmBacktrace,
};

type DataOf<S> = Data<<S as Suite>::Contexts, adapter::Bound>;

/// A compiled module.
pub(in crate::host) struct Loaded {
    engine: Engine,
    module: Module,
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
        let engine = config::engine(options, checks)?;
        #[cfg(feature = "cache")]
        let module = cached::find_or_compile(options, &engine, binary, shape)?;
        #[cfg(not(feature = "cache"))]
        let module = compile(options, &engine, binary, shape)?;
        Ok(Loaded { engine, module })
    }
}

/// A module with its imports resolved.
pub(in crate::host) struct Linked<S: Suite> {
    engine: Engine,
    instance: InstancePre<DataOf<S>>,
}

impl<S: Suite> Linked<S> {
    /// Why there is no instance. Nobody has looked at a module whose code was kept.
    fn refused(&self, limits: &RunLimits, error: &wasmtime::Error) -> Reason {
        let mut exports = self.instance.module().exports();
        let is_shared = |ty| matches!(ty, ExternType::Memory(memory) if memory.is_shared());
        if limits.max_memory.is_some() && exports.any(|export| is_shared(export.ty())) {
            return Reason::UnboundedMemory;
        }
        Reason::start(limits, say(error))
    }

    pub(super) fn new(loaded: Loaded, imports: &[Import], gate: &Gate) -> Result<Self, Reason> {
        let Loaded { engine, module } = loaded;
        let mut linker = Linker::<DataOf<S>>::new(&engine);
        let mut adapter = adapter::one_instance(&mut linker, |data| &mut data.memory);
        let names: Vec<_> = imports.iter().map(Import::names).collect();
        let others =
            S::register_needed(gate, &mut adapter, &names, |data: &mut DataOf<S>| &mut data.contexts)?;
        trap_others(&mut linker, &module, others.into_iter().collect())
            .map_err(|error| Reason::Engine(say(&error)))?;
        let instance = linker.instantiate_pre(&module).map_err(|error| Reason::Engine(say(&error)))?;
        Ok(Linked { engine, instance })
    }

    /// Makes code that checks the time look at its flag.
    pub(super) fn wake(&self) -> Wake {
        let engine = self.engine.clone();
        Box::new(move || engine.increment_epoch())
    }

    pub(super) fn run(
        &self,
        bounds: &Bounds,
        plan: &Plan<'_>,
        contexts: S::Contexts,
        stop: InterruptHandle,
    ) -> Result<Outcome, Reason> {
        let mut store = self.store(bounds, contexts, stop)?;
        let instance = match self.instance.instantiate(&mut store) {
            Ok(instance) => instance,
            // A start function may trap, or exit, before there is an instance.
            Err(error) => {
                let outcome = ending::of(&error).ok_or_else(|| self.refused(&bounds.limits, &error))?;
                return Ok(store.data().budget.explain(outcome));
            }
        };
        // A module without a usable memory can still run; its calls say what it lacks.
        let _ = adapter::bind(&mut store, &instance, |data| &mut data.memory);
        match call_all(&mut store, instance, plan) {
            Ok(outcome) => Ok(outcome),
            Err(error) => {
                let outcome = ending::of(&error).unwrap_or_else(|| ending::unknown(&error));
                Ok(store.data().budget.explain(outcome))
            }
        }
    }

    fn store(
        &self,
        bounds: &Bounds,
        contexts: S::Contexts,
        stop: InterruptHandle,
    ) -> Result<Store<DataOf<S>>, Reason> {
        let mut store = Store::new(&self.engine, Data::new(contexts, bounds, stop));
        store.limiter(|data| &mut data.budget);
        if bounds.checks.fuel {
            let fuel = bounds.limits.fuel.unwrap_or(u64::MAX);
            store.set_fuel(fuel).map_err(|error| Reason::Engine(say(&error)))?;
        }
        if bounds.checks.time {
            store.epoch_deadline_callback(|store| match store.data().stop.is_raised() {
                true => Ok(UpdateDeadline::Interrupt),
                // Another run of the same program was meant. An increment between this look and the new deadline is
                // lost, so a watch repeats its own until the run has ended.
                false => Ok(UpdateDeadline::Continue(1)),
            });
            // First the deadline and then the look: an interruption before the look is seen by it, and one after it
            // finds the deadline set.
            store.set_epoch_deadline(1);
            if store.data().stop.is_raised() {
                store.set_epoch_deadline(0);
            }
        }
        Ok(store)
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
    Module::from_binary(engine, &prepared(options, binary, shape)?)
        .map_err(|error| Reason::Invalid(say(&error)))
}

/// Makes the calls of `plan`; the values of the last one count.
fn call_all<T: 'static>(
    store: &mut Store<T>,
    instance: Instance,
    plan: &Plan<'_>,
) -> Result<Outcome, wasmtime::Error> {
    if let Some(name) = plan.first {
        instance.get_typed_func::<(), ()>(&mut *store, name)?.call(&mut *store, ())?;
    }
    let Some((name, args)) = plan.then else { return Ok(Outcome::Exited(0)) };
    let function = instance
        .get_func(&mut *store, name)
        .ok_or_else(|| wasmtime::Error::msg("the module lost an export"))?;
    let args: Vec<Val> = args.iter().map(|value| to_wasmtime(*value)).collect();
    let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
    function.call(&mut *store, &args, &mut results)?;
    Ok(Outcome::Returned(results.iter().filter_map(from_wasmtime).collect()))
}

fn to_wasmtime(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value.to_bits()),
        Value::F64(value) => Val::F64(value.to_bits()),
    }
}

/// The plan calls functions of numbers only, so nothing is left out.
fn from_wasmtime(value: &Val) -> Option<Value> {
    match value {
        Val::I32(value) => Some(Value::I32(*value)),
        Val::I64(value) => Some(Value::I64(*value)),
        Val::F32(bits) => Some(Value::F32(f32::from_bits(*bits))),
        Val::F64(bits) => Some(Value::F64(f64::from_bits(*bits))),
        _ => None,
    }
}

/// Wasmtime's own words, causes included, on one line. A backtrace among them is left out, since its text has no
/// bound; `backtrace` has the one for people.
fn say(error: &wasmtime::Error) -> String {
    match error.is::<WasmBacktrace>() {
        true => one_line(error.root_cause()),
        false => one_line(error.as_ref()),
    }
}

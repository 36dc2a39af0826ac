//! The engine wasmi, which interprets modules.

mod ending;
mod limiter;
mod meter;
mod start;

use super::data::Data;
use crate::Suite;
use crate::host::bounds::{Bounds, Checks};
use crate::host::engine::kind::Engine;
use crate::host::entry::Plan;
use crate::host::error::{Reason, one_line};
use crate::host::look;
use crate::host::options::Options;
use crate::host::outcome::{Outcome, Value};
use crate::host::shape::{Import, Shape};
use meter::Meter;
use std::collections::HashSet;
use wasi_engine_wasmi as adapter;
use wasi_policy::{Gate, InterruptHandle, Trap};
use wasmi::errors::LinkerError;
use wasmi::{CompilationMode, Config, ExternType, Func, Linker, Module, ResumableCall, Store, Val};

type DataOf<S> = Data<<S as Suite>::Contexts, wasmi::Memory>;

/// A translated module, and the export that is its start function.
pub(in crate::host) struct Loaded {
    module: Module,
    start: Option<String>,
}

impl Loaded {
    pub(super) fn compile(options: &Options, binary: &[u8], shape: &Shape) -> Result<Self, Reason> {
        look::check(binary, &options.compile)?;
        let stack = options.stack.unwrap_or(Engine::DEFAULT_STACK);
        let checks = Checks::of(options);
        let is_metered = checks.fuel || checks.time;
        let mut config = Config::default();
        config
            // wasmi's stack lives on the heap and its frames are wider than native ones, so the same
            // program needs more of it than it needs in Wasmtime.
            .set_max_stack_height(stack.saturating_mul(4))
            .set_max_recursion_depth(stack / 64)
            .consume_fuel(is_metered);
        if is_metered {
            // Otherwise wasmi translates a function when it is first called, and charges the guest for it; a guest whose
            // slice of fuel ends there cannot be resumed.
            config.compilation_mode(CompilationMode::Eager);
        }
        let start::Startless { binary, start } = match shape.has_start {
            true => start::take_out(binary),
            false => start::Startless { binary: binary.into(), start: None },
        };
        let module = Module::new(&wasmi::Engine::new(&config), &binary);
        let module = module.map_err(|error| Reason::NotForInterpreter(one_line(&error)))?;
        // wasmi would have looked at it in the start section.
        let is_nullary =
            |ty: ExternType| ty.func().is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty());
        if let Some(start) = &start
            && !module.get_export(start).is_some_and(is_nullary)
        {
            return Err(Reason::Invalid("its start function has parameters or results".to_owned()));
        }
        Ok(Loaded { module, start })
    }
}

/// A module with the linker that resolves its imports.
pub(in crate::host) struct Linked<S: Suite> {
    module: Module,
    linker: Linker<DataOf<S>>,
    start: Option<String>,
}

impl<S: Suite> Linked<S> {
    pub(super) fn new(loaded: Loaded, imports: &[Import], gate: &Gate) -> Result<Self, Reason> {
        let Loaded { module, start } = loaded;
        let mut linker = Linker::new(module.engine());
        let mut adapter = adapter::one_instance(&mut linker, |data: &mut DataOf<S>| &mut data.memory);
        let names: Vec<_> = imports.iter().map(Import::names).collect();
        let others =
            S::register_needed(gate, &mut adapter, &names, |data: &mut DataOf<S>| &mut data.contexts)?;
        trap_others(&mut linker, &module, others.into_iter().collect())
            .map_err(|error| Reason::Engine(one_line(&error)))?;
        Ok(Linked { module, linker, start })
    }

    pub(super) fn run(
        &self,
        bounds: &Bounds,
        plan: &Plan<'_>,
        contexts: S::Contexts,
        stop: InterruptHandle,
    ) -> Result<Outcome, Reason> {
        let mut run = Run { store: self.store(bounds, contexts, stop), meter: Meter::new(bounds) };
        let started =
            run.begin().and_then(|()| self.linker.instantiate_and_start(&mut run.store, &self.module));
        let instance = match started {
            Ok(instance) => instance,
            // A segment may be out of bounds, before there is an instance.
            Err(error) => {
                let outcome =
                    ending::of(&error).ok_or_else(|| Reason::start(&bounds.limits, one_line(&error)))?;
                return Ok(run.store.data().budget.explain(outcome));
            }
        };
        // A module without a usable memory can still run; its calls say what it lacks.
        let _ = adapter::bind(&mut run.store, &instance, |data| &mut data.memory);
        let find = |name: &str| instance.get_func(&run.store, name);
        let first = [self.start.as_deref(), plan.first].map(|name| name.and_then(find));
        let then = plan.then.and_then(|(name, args)| Some((find(name)?, args)));
        match run.call_all(first, then) {
            Ok(outcome) => Ok(outcome),
            Err(error) => {
                let outcome = ending::of(&error).unwrap_or_else(|| ending::unknown(&error));
                Ok(run.store.data().budget.explain(outcome))
            }
        }
    }

    fn store(&self, bounds: &Bounds, contexts: S::Contexts, stop: InterruptHandle) -> Store<DataOf<S>> {
        let mut store = Store::new(self.module.engine(), Data::new(contexts, bounds, stop));
        store.limiter(|data| &mut data.budget);
        store
    }
}

/// Has the functions that nobody offers trap when they are called. The host has refused the module already if it may not
/// have any.
fn trap_others<'m, T: 'static>(
    linker: &mut Linker<T>,
    module: &'m Module,
    mut others: HashSet<(&'m str, &'m str)>,
) -> Result<(), LinkerError> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if let ExternType::Func(ty) = import.ty()
            && others.remove(&(from, name))
        {
            let names = (from.to_owned(), name.to_owned());
            let trap = move || adapter::error(Trap::unknown_import(&names.0, &names.1));
            linker.func_new(from, name, ty.clone(), move |_, _, _| Err(trap()))?;
        }
    }
    Ok(())
}

/// A guest that is running.
struct Run<C: 'static> {
    store: Store<Data<C, wasmi::Memory>>,
    meter: Option<Meter>,
}

impl<C> Run<C> {
    fn begin(&mut self) -> Result<(), wasmi::Error> {
        match &mut self.meter {
            Some(meter) => meter.begin(&mut self.store),
            None => Ok(()),
        }
    }

    /// Makes the calls of a plan; the values of the last one count.
    fn call_all(
        &mut self,
        first: [Option<Func>; 2],
        then: Option<(Func, &[Value])>,
    ) -> Result<Outcome, wasmi::Error> {
        if let Some(meter) = &mut self.meter
            && !meter.started(&mut self.store)?
        {
            return Ok(Outcome::OutOfFuel);
        }
        for function in first.into_iter().flatten() {
            if let Some(end) = self.call(function, &[], &mut [])? {
                return Ok(end);
            }
        }
        let Some((function, args)) = then else { return Ok(Outcome::Exited(0)) };
        let args: Vec<Val> = args.iter().map(|value| to_wasmi(*value)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        match self.call(function, &args, &mut results)? {
            Some(end) => Ok(end),
            None => Ok(Outcome::Returned(results.iter().filter_map(from_wasmi).collect())),
        }
    }

    /// Calls a function, slice by slice. Gives an outcome if it ended before it returned.
    fn call(
        &mut self,
        function: Func,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<Option<Outcome>, wasmi::Error> {
        let mut call = function.call_resumable(&mut self.store, args, results)?;
        loop {
            call = match call {
                ResumableCall::Finished => return Ok(None),
                ResumableCall::HostTrap(trap) => return Err(trap.into_host_error()),
                ResumableCall::OutOfFuel(pause) => {
                    if self.store.data().stop.is_raised() {
                        return Ok(Some(Outcome::Interrupted));
                    }
                    let more = match &mut self.meter {
                        Some(meter) => meter.refill(&mut self.store, pause.required_fuel())?,
                        None => false,
                    };
                    if !more {
                        return Ok(Some(Outcome::OutOfFuel));
                    }
                    pause.resume(&mut self.store, results)?
                }
            }
        }
    }
}

fn to_wasmi(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value.into()),
        Value::F64(value) => Val::F64(value.into()),
    }
}

/// The plan calls functions of numbers only, so nothing is left out.
fn from_wasmi(value: &Val) -> Option<Value> {
    match value {
        Val::I32(value) => Some(Value::I32(*value)),
        Val::I64(value) => Some(Value::I64(*value)),
        Val::F32(value) => Some(Value::F32(f32::from_bits(value.to_bits()))),
        Val::F64(value) => Some(Value::F64(f64::from_bits(value.to_bits()))),
        _ => None,
    }
}

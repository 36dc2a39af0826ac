//! A store of wasmi's with an instance, which lives from call to call.

use super::meter::Meter;
use super::{DataOf, Linked, ending, value};
use crate::Suite;
use crate::host::bounds::Bounds;
use crate::host::engine::data::Data;
use crate::host::engine::live::lost;
use crate::host::engine::recent::Recent;
use crate::host::engine::typed::Values;
use crate::host::entry::Call;
use crate::host::error::{Reason, one_line};
use crate::host::outcome::{Outcome, Value};
use crate::host::stopped::Stopped;
use wasi_engine_wasmi as adapter;
use wasi_policy::{InterruptHandle, Memory, MemoryFault};
use wasmi::{Func, Instance, ResumableCall, Store, TypedFunc, TypedResumableCall, Val};

/// A store with an instance, once there is one.
pub(in crate::host) struct Live<S: Suite> {
    store: Store<DataOf<S>>,
    instance: Option<Instance>,
    bounds: Bounds,
    meter: Option<Meter>,
    recent: Recent<Func>,
    /// Kept for their space.
    args: Vec<Val>,
    results: Vec<Val>,
}

impl<S: Suite> Live<S> {
    pub(in crate::host::engine) fn new(
        linked: &Linked<S>,
        bounds: Bounds,
        contexts: S::Contexts,
        stop: InterruptHandle,
    ) -> Self {
        let mut store = Store::new(linked.module.engine(), Data::new(contexts, &bounds, stop));
        store.limiter(|data| &mut data.budget);
        let meter = Meter::new(&bounds);
        Live {
            store,
            instance: None,
            bounds,
            meter,
            recent: Recent::default(),
            args: Vec::new(),
            results: Vec::new(),
        }
    }

    #[inline]
    pub(in crate::host::engine) fn begin(&mut self) -> Result<(), Stopped> {
        self.store.data_mut().budget.begin();
        match &mut self.meter {
            Some(meter) => fuelled(meter.begin(&mut self.store)),
            None => Ok(()),
        }
    }

    pub(in crate::host::engine) fn instantiate(&mut self, linked: &Linked<S>) -> Result<(), Stopped> {
        if let Some(meter) = &mut self.meter {
            meter.hand_out_all(&mut self.store).map_err(engine)?;
        }
        let instance = match linked.linker.instantiate_and_start(&mut self.store, &linked.module) {
            Ok(instance) => instance,
            // A segment may be out of bounds, before there is an instance.
            Err(error) => {
                let outcome =
                    ending::of(&error).ok_or_else(|| Reason::start(&self.bounds.limits, one_line(&error)))?;
                return Err(self.explained(outcome));
            }
        };
        if let Some(meter) = &mut self.meter {
            fuelled(meter.take_back(&mut self.store))?;
        }
        // A module without a usable memory can still run; its calls say what it lacks.
        let _ = adapter::bind(&mut self.store, &instance, |data| &mut data.memory);
        self.instance = Some(instance);
        match linked.start.as_deref().and_then(|name| instance.get_func(&self.store, name)) {
            Some(start) => self.call_function(start),
            None => Ok(()),
        }
    }

    pub(in crate::host::engine) fn call(&mut self, call: &Call<'_>) -> Result<Vec<Value>, Stopped> {
        let (instance, store) = (self.instance()?, &self.store);
        let look_up = || instance.get_func(store, call.name);
        let function = self.recent.find(call.place, look_up).ok_or_else(lost)?;
        self.args.extend(call.args.iter().map(|arg| value::to_wasmi(*arg)));
        self.results.resize(call.results, Val::I32(0));
        let called = self.call_function(function);
        let values = self.results.iter().filter_map(value::from_wasmi).collect();
        self.args.clear();
        self.results.clear();
        called.map(|()| values)
    }

    /// Calls a function with the arguments and results that are kept, slice by slice of fuel.
    fn call_function(&mut self, function: Func) -> Result<(), Stopped> {
        let Live { store, args, results, .. } = self;
        if self.meter.is_none() {
            return function.call(store, args, results).map_err(|error| self.ended(&error));
        }
        let mut call = function.call_resumable(store, args, results);
        loop {
            call = match call {
                Ok(ResumableCall::Finished) => return Ok(()),
                Ok(ResumableCall::HostTrap(trap)) => return Err(self.ended(trap.host_error())),
                Ok(ResumableCall::OutOfFuel(pause)) => {
                    self.go_on(pause.required_fuel())?;
                    pause.resume(&mut self.store, &mut self.results)
                }
                Err(error) => return Err(self.ended(&error)),
            }
        }
    }

    pub(in crate::host::engine) fn typed<P: Values, R: Values>(
        &mut self,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Stopped> {
        self.instance()?.get_typed_func(&self.store, name).map_err(engine)
    }

    #[inline]
    pub(in crate::host::engine) fn call_typed<P: Values, R: Values>(
        &mut self,
        function: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R, Stopped> {
        if self.meter.is_none() {
            return function.call(&mut self.store, params).map_err(|error| self.ended(&error));
        }
        let mut call = function.call_resumable(&mut self.store, params);
        loop {
            call = match call {
                Ok(TypedResumableCall::Finished(results)) => return Ok(results),
                Ok(TypedResumableCall::HostTrap(trap)) => return Err(self.ended(trap.host_error())),
                Ok(TypedResumableCall::OutOfFuel(pause)) => {
                    self.go_on(pause.required_fuel())?;
                    pause.resume(&mut self.store)
                }
                Err(error) => return Err(self.ended(&error)),
            }
        }
    }

    /// Lets a guest go on whose slice of fuel is used up, if it may.
    fn go_on(&mut self, required: u64) -> Result<(), Stopped> {
        if self.store.data().stop.is_raised() {
            return Err(Outcome::Interrupted.into());
        }
        match &mut self.meter {
            Some(meter) => fuelled(meter.refill(&mut self.store, required)),
            None => Err(Outcome::OutOfFuel.into()),
        }
    }

    pub(in crate::host::engine) fn fuel_used(&self) -> u64 {
        self.meter.as_ref().map_or(0, |meter| meter.used(&self.store))
    }

    pub(in crate::host::engine) fn memory(&mut self) -> Memory<'_> {
        match &self.instance {
            Some(instance) => adapter::memory(&mut self.store, instance, |data| &mut data.memory),
            None => Memory::unusable(MemoryFault::Missing),
        }
    }

    #[inline]
    pub(in crate::host::engine) fn data(&self) -> &DataOf<S> {
        self.store.data()
    }

    pub(in crate::host::engine) fn data_mut(&mut self) -> &mut DataOf<S> {
        self.store.data_mut()
    }

    pub(in crate::host::engine) fn into_data(self) -> DataOf<S> {
        self.store.into_data()
    }

    /// It is there once nothing has ended the guest at its start.
    fn instance(&self) -> Result<Instance, Stopped> {
        self.instance.ok_or_else(lost)
    }

    #[cold]
    fn ended(&self, error: &wasmi::Error) -> Stopped {
        self.explained(ending::of(error).unwrap_or_else(|| ending::unknown(error)))
    }

    fn explained(&self, outcome: Outcome) -> Stopped {
        self.store.data().budget.explain(outcome).into()
    }
}

/// The end of a guest for which there is no fuel.
fn fuelled(there_is: Result<bool, wasmi::Error>) -> Result<(), Stopped> {
    match there_is.map_err(engine)? {
        true => Ok(()),
        false => Err(Outcome::OutOfFuel.into()),
    }
}

fn engine(error: wasmi::Error) -> Stopped {
    Reason::Engine(one_line(&error)).into()
}

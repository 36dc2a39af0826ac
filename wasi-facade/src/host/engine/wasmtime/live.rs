//! A store of Wasmtime's with an instance, which lives from call to call.

use super::{DataOf, Linked, ending, say, value};
use crate::Suite;
use crate::host::bounds::Bounds;
use crate::host::engine::data::Data;
use crate::host::engine::live::lost;
use crate::host::engine::recent::Recent;
use crate::host::engine::typed::Values;
use crate::host::entry::Call;
use crate::host::error::Reason;
use crate::host::outcome::{Outcome, Value};
use crate::host::stopped::Stopped;
use wasi_engine_wasmtime as adapter;
use wasi_policy::{InterruptHandle, Memory, MemoryFault};
use wasmtime::{Func, Instance, Store, TypedFunc, UpdateDeadline, Val};

/// A store with an instance, once there is one.
pub(in crate::host) struct Live<S: Suite> {
    store: Store<DataOf<S>>,
    instance: Option<Instance>,
    bounds: Bounds,
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
        let mut store = Store::new(&linked.engine, Data::new(contexts, &bounds, stop));
        store.limiter(|data| &mut data.budget);
        if bounds.checks.time {
            store.epoch_deadline_callback(|store| match store.data().stop.is_raised() {
                true => Ok(UpdateDeadline::Interrupt),
                // Another instance of the same program was meant. An increment between this look and the new deadline is
                // lost, so a watch repeats its own until the call has ended.
                false => Ok(UpdateDeadline::Continue(1)),
            });
        }
        Live {
            store,
            instance: None,
            bounds,
            recent: Recent::default(),
            args: Vec::new(),
            results: Vec::new(),
        }
    }

    #[inline]
    pub(in crate::host::engine) fn begin(&mut self) -> Result<(), Stopped> {
        let Live { store, bounds, .. } = self;
        store.data_mut().budget.begin();
        if bounds.checks.fuel {
            let fuel = bounds.limits.fuel.unwrap_or(u64::MAX);
            store.set_fuel(fuel).map_err(|error| Reason::Engine(say(&error)))?;
        }
        if bounds.checks.time {
            // First the deadline and then the look: an interruption before the look is seen by it, and one after it
            // finds the deadline set.
            store.set_epoch_deadline(1);
            if store.data().stop.is_raised() {
                store.set_epoch_deadline(0);
            }
        }
        Ok(())
    }

    pub(in crate::host::engine) fn instantiate(&mut self, linked: &Linked<S>) -> Result<(), Stopped> {
        let instance = match linked.instance.instantiate(&mut self.store) {
            Ok(instance) => instance,
            // A start function may trap, or exit, before there is an instance.
            Err(error) => {
                let outcome =
                    ending::of(&error).ok_or_else(|| linked.refused(&self.bounds.limits, &error))?;
                return Err(self.explained(outcome));
            }
        };
        // A module without a usable memory can still run; its calls say what it lacks.
        let _ = adapter::bind(&mut self.store, &instance, |data| &mut data.memory);
        self.instance = Some(instance);
        Ok(())
    }

    pub(in crate::host::engine) fn call(&mut self, call: &Call<'_>) -> Result<Vec<Value>, Stopped> {
        let (instance, store) = (self.instance()?, &mut self.store);
        let look_up = || instance.get_func(store, call.name);
        let function = self.recent.find(call.place, look_up).ok_or_else(lost)?;
        self.args.clear();
        self.args.extend(call.args.iter().map(|arg| value::to_wasmtime(*arg)));
        self.results.clear();
        self.results.resize(call.results, Val::I32(0));
        match function.call(&mut self.store, &self.args, &mut self.results) {
            Ok(()) => Ok(self.results.iter().filter_map(value::from_wasmtime).collect()),
            Err(error) => Err(self.ended(&error)),
        }
    }

    pub(in crate::host::engine) fn typed<P: Values, R: Values>(
        &mut self,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Stopped> {
        let typed = self.instance()?.get_typed_func(&mut self.store, name);
        typed.map_err(|error| Reason::Engine(say(&error)).into())
    }

    #[inline]
    pub(in crate::host::engine) fn call_typed<P: Values, R: Values>(
        &mut self,
        function: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R, Stopped> {
        function.call(&mut self.store, params).map_err(|error| self.ended(&error))
    }

    pub(in crate::host::engine) fn fuel_used(&self) -> u64 {
        let had = self.bounds.limits.fuel.unwrap_or(u64::MAX);
        had.saturating_sub(self.store.get_fuel().unwrap_or(had))
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
    fn ended(&self, error: &wasmtime::Error) -> Stopped {
        self.explained(ending::of(error).unwrap_or_else(|| ending::unknown(error)))
    }

    fn explained(&self, outcome: Outcome) -> Stopped {
        self.store.data().budget.explain(outcome).into()
    }
}

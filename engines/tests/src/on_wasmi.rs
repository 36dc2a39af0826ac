//! Guests in wasmi.

use crate::engine::{Binding, Data, End, Engine, Guest, Imports, Running, Started};
use std::time::Instant;
use wasi_engine_wasmi::{MemorySlot, bind, many_instances, one_instance, trap};
use wasi_policy::{BindError, LinkError};
use wasmi::{Caller, Config, Error, F32, F64, Instance, Linker, Memory, Module, Store, Val, ValType};

/// wasmi, and how guests of it are ended: by fuel.
pub struct Wasmi;

/// The fuel of guests that are not to be ended, and of those that are.
const ENOUGH: u64 = u64::MAX / 2;
const LITTLE: u64 = 10_000;

/// A store of wasmi's with its instances.
pub struct InWasmi<C: 'static> {
    store: Store<Data<C, MemorySlot>>,
    linker: Linker<Data<C, MemorySlot>>,
    module: Module,
    instances: Vec<Instance>,
    at_work: usize,
}

fn engine() -> wasmi::Engine {
    let mut config = Config::default();
    config.consume_fuel(true);
    wasmi::Engine::new(&config)
}

impl Engine for Wasmi {
    const NAME: &'static str = "wasmi";
    type Guest<C: Send + 'static> = InWasmi<C>;

    fn takes(module: &[u8]) -> bool {
        module_of(&engine(), module).is_ok()
    }

    fn start<C: Send + 'static>(
        module: &[u8],
        imports: impl Imports<C>,
        context: C,
        binding: Binding,
    ) -> Result<Started<InWasmi<C>>, String> {
        let engine = engine();
        let module = module_of(&engine, module)?;
        let mut store = Store::new(&engine, Data { context, memory: MemorySlot::new() });
        store.set_fuel(ENOUGH).unwrap();
        let mut linker = Linker::new(&engine);
        define(&mut linker, imports, binding).map_err(|error| error.to_string())?;
        let instance =
            linker.instantiate_and_start(&mut store, &module).map_err(|error| error.to_string())?;
        let bound = match binding {
            Binding::Slot => bind(&mut store, &instance, Data::memory),
            Binding::Lookup => Ok(()),
        };
        let guest = InWasmi { store, linker, module, instances: vec![instance], at_work: 0 };
        Ok(Started { guest, bound })
    }

    fn bare(module: &[u8]) -> Running {
        type Kept = Data<u64, Option<Memory>>;
        let engine = engine();
        let module = module_of(&engine, module).unwrap();
        let mut linker = Linker::new(&engine);
        let touch = |mut caller: Caller<'_, Kept>, at: u32, add: u32| -> Result<u32, Error> {
            let memory = caller.data().memory.expect("it is kept before the first call");
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            state.context += u64::from(add);
            let place = bytes.get_mut(at as usize..).and_then(|rest| rest.first_chunk_mut());
            *place.ok_or_else(|| Error::new("outside"))? = state.context.to_le_bytes();
            Ok(0)
        };
        linker.func_wrap("bench", "touch", touch).unwrap();
        let mut store = Store::new(&engine, Kept { context: 0, memory: None });
        store.set_fuel(ENOUGH).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        store.data_mut().memory = instance.get_memory(&store, "memory");
        let run = instance.get_typed_func::<u64, u32>(&store, "run").unwrap();
        Box::new(move |calls| {
            let start = Instant::now();
            assert_eq!(run.call(&mut store, calls).unwrap(), 0);
            start.elapsed()
        })
    }
}

fn module_of(engine: &wasmi::Engine, module: &[u8]) -> Result<Module, String> {
    Module::new(engine, wat::parse_bytes(module).unwrap()).map_err(|error| error.to_string())
}

fn define<C: 'static>(
    linker: &mut Linker<Data<C, MemorySlot>>,
    imports: impl Imports<C>,
    binding: Binding,
) -> Result<(), LinkError> {
    match binding {
        Binding::Slot => imports.define(&mut one_instance(linker, Data::memory), Data::context),
        Binding::Lookup => imports.define(&mut many_instances(linker), Data::context),
    }
}

impl<C: 'static> InWasmi<C> {
    fn plain_memory(&self) -> Memory {
        self.instances[self.at_work].get_memory(&self.store, "memory").unwrap()
    }
}

impl<C: Send + 'static> Guest<C> for InWasmi<C> {
    fn call(&mut self, name: &str, args: &[u64]) -> Result<Option<u64>, End> {
        let function = self.instances[self.at_work].get_func(&self.store, name).unwrap();
        let ty = function.ty(&self.store);
        let args: Vec<_> = ty.params().iter().zip(args).map(|(ty, slot)| value(*ty, *slot)).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match function.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(results.first().map(slot)),
            Err(error) => Err(End::of(trap(&error), &error)),
        }
    }

    fn call_for_a_while(&mut self, name: &str) -> Result<Option<u64>, End> {
        self.store.set_fuel(LITTLE).unwrap();
        let ended = self.call(name, &[]);
        self.store.set_fuel(ENOUGH).unwrap();
        ended
    }

    fn context(&mut self) -> &mut C {
        &mut self.store.data_mut().context
    }

    fn memory(&mut self) -> Vec<u8> {
        self.plain_memory().data(&self.store).to_vec()
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.plain_memory().write(&mut self.store, at, bytes).unwrap();
    }

    fn global(&mut self, name: &str) -> u32 {
        let global = self.instances[self.at_work].get_global(&self.store, name).unwrap();
        global.get(&self.store).i32().unwrap() as u32
    }

    fn add_instance(&mut self, _: impl Imports<C>, _: C) {
        self.instances.push(self.linker.instantiate_and_start(&mut self.store, &self.module).unwrap());
        self.at_work = self.instances.len() - 1;
    }

    fn select(&mut self, number: usize) {
        self.at_work = number;
    }

    fn bind_again(&mut self) -> Result<(), BindError> {
        bind(&mut self.store, &self.instances[self.at_work], Data::memory)
    }

    fn define_again(&mut self, imports: impl Imports<C>) -> Result<(), LinkError> {
        define(&mut self.linker, imports, Binding::Lookup)
    }
}

fn value(ty: ValType, slot: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(slot as i32),
        ValType::I64 => Val::I64(slot as i64),
        ValType::F32 => Val::F32(F32::from_bits(slot as u32)),
        ValType::F64 => Val::F64(F64::from_bits(slot)),
        other => panic!("tests pass no {other:?}"),
    }
}

fn slot(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        other => panic!("tests return no {other:?}"),
    }
}

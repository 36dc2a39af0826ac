//! Guests in Wasmer.

use crate::engine::{Binding, Data, End, Engine, Guest, Imports, Running, Started};
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use wasi_engine_wasmer::{MemorySlot, bind, one_instance, trap};
use wasi_policy::{BindError, LinkError};
use wasmer::sys::{CompilerConfig, Cranelift, EngineBuilder};
use wasmer::{
    FunctionEnv, FunctionEnvMut, Imports as WasmerImports, Instance, Memory, MemoryType, Module,
    RuntimeError, Store, Type, Value,
};
use wasmer_middlewares::Metering;
use wasmer_middlewares::metering::set_remaining_points;

/// Wasmer, and how guests of it are ended: by points of metering.
pub struct Wasmer;

/// The points of guests that are not to be ended, and of those that are.
const ENOUGH: u64 = u64::MAX / 2;
const LITTLE: u64 = 10_000;

/// An instance with what its host functions work on.
struct OneGuest<C> {
    env: FunctionEnv<Data<C, MemorySlot>>,
    imports: WasmerImports,
    instance: Instance,
}

/// A store of Wasmer's with its instances.
pub struct InWasmer<C: 'static> {
    store: Store,
    module: Module,
    guests: Vec<OneGuest<C>>,
    at_work: usize,
}

fn store() -> Store {
    let mut compiler = Cranelift::default();
    compiler.push_middleware(Arc::new(Metering::new(ENOUGH, |_| 1)));
    Store::new(EngineBuilder::new(compiler).engine())
}

fn module_of(store: &Store, module: &[u8]) -> Result<Module, String> {
    Module::new(store, wat::parse_bytes(module).unwrap()).map_err(|error| error.to_string())
}

impl Engine for Wasmer {
    const NAME: &'static str = "wasmer";
    // A host function does not learn which instance calls it.
    const EARLY_MEMORIES: bool = false;
    type Guest<C: Send + 'static> = InWasmer<C>;

    fn takes(module: &[u8]) -> bool {
        module_of(&store(), module).is_ok()
    }

    fn start<C: Send + 'static>(
        module: &[u8],
        imports: impl Imports<C>,
        context: C,
        binding: Binding,
    ) -> Result<Started<InWasmer<C>>, String> {
        let mut store = store();
        let module = module_of(&store, module)?;
        let (guest, bound) = instantiate(&mut store, &module, imports, context, None)?;
        let bound = if binding == Binding::Slot { bound } else { Ok(()) };
        Ok(Started { guest: InWasmer { store, module, guests: vec![guest], at_work: 0 }, bound })
    }

    fn sharing<C: Send + 'static, I: Imports<C>>(
        module: &[u8],
        imports: impl Fn() -> I + Sync,
        contexts: Vec<(u64, C)>,
        name: &str,
    ) -> Vec<Result<Option<u64>, End>> {
        let mut first = store();
        let module = &module_of(&first, module).unwrap();
        let memory = Memory::new(&mut first, MemoryType::new(1, Some(1), true)).unwrap();
        let (memory, imports) = (&memory.as_shared(&first).unwrap(), &imports);
        let engine = first.engine();
        let run = |(arg, context): (u64, C)| {
            let mut store = Store::new(engine.clone());
            let memory = memory.clone().attach(&mut store);
            let (guest, bound) = instantiate(&mut store, module, imports(), context, Some(memory)).unwrap();
            bound.unwrap();
            let mut guest = InWasmer { store, module: module.clone(), guests: vec![guest], at_work: 0 };
            guest.call(name, &[arg])
        };
        thread::scope(|scope| {
            let threads: Vec<_> = contexts.into_iter().map(|context| scope.spawn(|| run(context))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn bare(module: &[u8]) -> Running {
        type Kept = Data<u64, Option<Memory>>;
        let mut store = store();
        let module = module_of(&store, module).unwrap();
        let env = FunctionEnv::new(&mut store, Kept { context: 0, memory: None });
        let touch = |mut env: FunctionEnvMut<'_, Kept>, at: u32, add: u32| -> Result<u32, RuntimeError> {
            let (state, store) = env.data_and_store_mut();
            let memory = state.memory.as_ref().expect("it is kept before the first call");
            state.context += u64::from(add);
            let view = memory.view(&store);
            let written = view.write(u64::from(at), &state.context.to_le_bytes());
            written.map(|()| 0).map_err(|error| RuntimeError::new(error.to_string()))
        };
        let mut imports = WasmerImports::new();
        let function = wasmer::Function::new_typed_with_env(&mut store, &env, touch);
        imports.define("bench", "touch", function);
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        env.as_mut(&mut store).memory = Some(instance.exports.get_memory("memory").unwrap().clone());
        let run = instance.exports.get_typed_function::<u64, u32>(&store, "run").unwrap();
        Box::new(move |calls| {
            set_remaining_points(&mut store, &instance, ENOUGH);
            let start = Instant::now();
            assert_eq!(run.call(&mut store, calls).unwrap(), 0);
            start.elapsed()
        })
    }
}

fn instantiate<C: Send + 'static>(
    store: &mut Store,
    module: &Module,
    imports: impl Imports<C>,
    context: C,
    memory: Option<Memory>,
) -> Result<(OneGuest<C>, Result<(), BindError>), String> {
    let env = FunctionEnv::new(store, Data { context, memory: MemorySlot::new() });
    let mut defined = WasmerImports::new();
    if let Some(memory) = memory {
        defined.define("env", "memory", memory);
    }
    define(store, &env, &mut defined, imports).map_err(|error| error.to_string())?;
    let instance = Instance::new(store, module, &defined).map_err(|error| error.to_string())?;
    let bound = bind(store, &env, &instance, Data::memory);
    Ok((OneGuest { env, imports: defined, instance }, bound))
}

fn define<C: Send + 'static>(
    store: &mut Store,
    env: &FunctionEnv<Data<C, MemorySlot>>,
    defined: &mut WasmerImports,
    imports: impl Imports<C>,
) -> Result<(), LinkError> {
    let mut adapter = one_instance(store, env, defined, Data::memory);
    imports.define(&mut adapter, Data::context)
}

impl<C: Send + 'static> Guest<C> for InWasmer<C> {
    fn call(&mut self, name: &str, args: &[u64]) -> Result<Option<u64>, End> {
        let function = self.guests[self.at_work].instance.exports.get_function(name).unwrap().clone();
        let ty = function.ty(&self.store);
        let args: Vec<_> = ty.params().iter().zip(args).map(|(ty, slot)| value(*ty, *slot)).collect();
        match function.call(&mut self.store, &args) {
            Ok(results) => Ok(results.first().map(slot)),
            Err(error) => Err(End::of(trap(&error), error.to_string())),
        }
    }

    fn call_for_a_while(&mut self, name: &str) -> Result<Option<u64>, End> {
        set_remaining_points(&mut self.store, &self.guests[self.at_work].instance, LITTLE);
        let ended = self.call(name, &[]);
        set_remaining_points(&mut self.store, &self.guests[self.at_work].instance, ENOUGH);
        ended
    }

    fn context(&mut self) -> &mut C {
        &mut self.guests[self.at_work].env.as_mut(&mut self.store).context
    }

    fn memory(&mut self) -> Vec<u8> {
        let memory = self.guests[self.at_work].instance.exports.get_memory("memory").unwrap();
        memory.view(&self.store).copy_to_vec().unwrap()
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let memory = self.guests[self.at_work].instance.exports.get_memory("memory").unwrap();
        memory.view(&self.store).write(at as u64, bytes).unwrap();
    }

    fn global(&mut self, name: &str) -> u32 {
        let global = self.guests[self.at_work].instance.exports.get_global(name).unwrap().clone();
        global.get(&mut self.store).i32().unwrap() as u32
    }

    fn add_instance(&mut self, imports: impl Imports<C>, context: C) {
        let (guest, bound) = instantiate(&mut self.store, &self.module, imports, context, None).unwrap();
        bound.unwrap();
        self.guests.push(guest);
        self.at_work = self.guests.len() - 1;
    }

    fn select(&mut self, number: usize) {
        self.at_work = number;
    }

    fn bind_again(&mut self) -> Result<(), BindError> {
        let OneGuest { env, instance, .. } = &self.guests[self.at_work];
        bind(&mut self.store, env, instance, Data::memory)
    }

    fn define_again(&mut self, imports: impl Imports<C>) -> Result<(), LinkError> {
        let OneGuest { env, imports: defined, .. } = &mut self.guests[self.at_work];
        define(&mut self.store, env, defined, imports)
    }
}

fn value(ty: Type, slot: u64) -> Value {
    match ty {
        Type::I32 => Value::I32(slot as i32),
        Type::I64 => Value::I64(slot as i64),
        Type::F32 => Value::F32(f32::from_bits(slot as u32)),
        Type::F64 => Value::F64(f64::from_bits(slot)),
        other => panic!("tests pass no {other}"),
    }
}

fn slot(value: &Value) -> u64 {
    match value {
        Value::I32(value) => u64::from(*value as u32),
        Value::I64(value) => *value as u64,
        Value::F32(value) => u64::from(value.to_bits()),
        Value::F64(value) => value.to_bits(),
        other => panic!("tests return no {other:?}"),
    }
}

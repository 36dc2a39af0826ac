//! Guests in Wasmtime.

use crate::engine::{Binding, Data, End, Engine, Guest, Imports, Running, Started};
use std::thread;
use std::time::Instant;
use wasi_engine_wasmtime::{MemorySlot, bind, many_instances, one_instance, trap};
use wasi_policy::{BindError, LinkError};
use wasmtime::{
    Caller, Config, Instance, Linker, Memory, MemoryType, Module, SharedMemory, Store, Val, ValType,
};

/// Wasmtime, and how guests of it are ended: by an epoch.
pub struct Wasmtime;

/// Epochs until which guests run that are not to be ended.
const NO_DEADLINE: u64 = 1 << 60;

/// A store of Wasmtime's with its instances.
pub struct InWasmtime<C: 'static> {
    store: Store<Data<C, MemorySlot>>,
    linker: Linker<Data<C, MemorySlot>>,
    module: Module,
    instances: Vec<Instance>,
    at_work: usize,
}

fn engine() -> wasmtime::Engine {
    let mut config = Config::new();
    config.wasm_threads(true).wasm_memory64(true).epoch_interruption(true);
    #[cfg(feature = "shared-memory-switch")]
    config.shared_memory(true);
    wasmtime::Engine::new(&config).unwrap()
}

impl Engine for Wasmtime {
    const NAME: &'static str = "wasmtime";
    type Guest<C: Send + 'static> = InWasmtime<C>;

    fn takes(module: &[u8]) -> bool {
        Module::new(&engine(), module).is_ok()
    }

    fn start<C: Send + 'static>(
        module: &[u8],
        imports: impl Imports<C>,
        context: C,
        binding: Binding,
    ) -> Result<Started<InWasmtime<C>>, String> {
        let engine = engine();
        let module = Module::new(&engine, module).map_err(|error| format!("{error:?}"))?;
        let mut store = Store::new(&engine, Data { context, memory: MemorySlot::new() });
        store.set_epoch_deadline(NO_DEADLINE);
        let mut linker = Linker::new(&engine);
        define(&mut linker, imports, binding).map_err(|error| error.to_string())?;
        let instance = linker.instantiate(&mut store, &module).map_err(|error| format!("{error:?}"))?;
        let bound = match binding {
            Binding::Slot => bind(&mut store, &instance, Data::memory),
            Binding::Lookup => Ok(()),
        };
        let guest = InWasmtime { store, linker, module, instances: vec![instance], at_work: 0 };
        Ok(Started { guest, bound })
    }

    fn sharing<C: Send + 'static, I: Imports<C>>(
        module: &[u8],
        imports: impl Fn() -> I + Sync,
        contexts: Vec<(u64, C)>,
        name: &str,
    ) -> Vec<Result<Option<u64>, End>> {
        let engine = engine();
        let module = &Module::new(&engine, module).unwrap();
        let memory = &SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
        let run = |(arg, context): (u64, C)| {
            let mut store = Store::new(module.engine(), Data { context, memory: MemorySlot::new() });
            store.set_epoch_deadline(NO_DEADLINE);
            let mut linker = Linker::new(module.engine());
            define(&mut linker, imports(), Binding::Lookup).unwrap();
            linker.define(&store, "env", "memory", memory.clone()).unwrap();
            let instance = linker.instantiate(&mut store, module).unwrap();
            let module = module.clone();
            let mut guest = InWasmtime { store, linker, module, instances: vec![instance], at_work: 0 };
            guest.call(name, &[arg])
        };
        thread::scope(|scope| {
            let threads: Vec<_> =
                contexts.into_iter().map(|context| scope.spawn(move || run(context))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    fn bare(module: &[u8]) -> Running {
        type Kept = Data<u64, Option<Memory>>;
        let engine = engine();
        let module = Module::new(&engine, module).unwrap();
        let mut linker = Linker::new(&engine);
        let touch = |mut caller: Caller<'_, Kept>, at: u32, add: u32| -> wasmtime::Result<u32> {
            let memory = caller.data().memory.expect("it is kept before the first call");
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            state.context += u64::from(add);
            let place = bytes.get_mut(usize::try_from(at)?..).and_then(|rest| rest.first_chunk_mut());
            *place.ok_or_else(|| wasmtime::Error::msg("outside"))? = state.context.to_le_bytes();
            Ok(0)
        };
        linker.func_wrap("bench", "touch", touch).unwrap();
        let mut store = Store::new(&engine, Kept { context: 0, memory: None });
        store.set_epoch_deadline(NO_DEADLINE);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let run = instance.get_typed_func::<u64, u32>(&mut store, "run").unwrap();
        Box::new(move |calls| {
            let start = Instant::now();
            assert_eq!(run.call(&mut store, calls).unwrap(), 0);
            start.elapsed()
        })
    }
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

impl<C: 'static> InWasmtime<C> {
    fn plain_memory(&mut self) -> Memory {
        self.instances[self.at_work].get_memory(&mut self.store, "memory").unwrap()
    }
}

impl<C: Send + 'static> Guest<C> for InWasmtime<C> {
    fn call(&mut self, name: &str, args: &[u64]) -> Result<Option<u64>, End> {
        let function = self.instances[self.at_work].get_func(&mut self.store, name).unwrap();
        let ty = function.ty(&self.store);
        let args: Vec<_> = ty.params().zip(args).map(|(ty, slot)| value(&ty, *slot)).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match function.call(&mut self.store, &args, &mut results) {
            Ok(()) => Ok(results.first().map(slot)),
            Err(error) => Err(End::of(trap(&error), format!("{error:?}"))),
        }
    }

    fn call_for_a_while(&mut self, name: &str) -> Result<Option<u64>, End> {
        self.store.set_epoch_deadline(1);
        let engine = self.module.engine().clone();
        let ended = thread::scope(|scope| {
            scope.spawn(move || engine.increment_epoch());
            self.call(name, &[])
        });
        self.store.set_epoch_deadline(NO_DEADLINE);
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
        let global = self.instances[self.at_work].get_global(&mut self.store, name).unwrap();
        global.get(&mut self.store).i32().unwrap() as u32
    }

    fn add_instance(&mut self, _: impl Imports<C>, _: C) {
        self.instances.push(self.linker.instantiate(&mut self.store, &self.module).unwrap());
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

fn value(ty: &ValType, slot: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(slot as i32),
        ValType::I64 => Val::I64(slot as i64),
        ValType::F32 => Val::F32(slot as u32),
        ValType::F64 => Val::F64(slot),
        other => panic!("tests pass no {other}"),
    }
}

fn slot(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        Val::F32(bits) => u64::from(*bits),
        Val::F64(bits) => *bits,
        other => panic!("tests return no {other:?}"),
    }
}

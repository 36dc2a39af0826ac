//! Tests that the adapters do the same on every engine: values pass, memories are found, traps arrive.

use wasi_engine_wasmi as on_wasmi;
use wasi_engine_wasmtime as on_wasmtime;
use wasi_policy::{BindError, LinkError, Linker, MemoryFault, Trap};

/// The guest: `call` forwards to a host function that sums its arguments into memory.
const GUEST: &str = r#"
(module
  (import "test" "sum" (func $sum (param i32 i64 f32 f64 i32) (result i64)))
  (import "test" "nothing" (func $nothing))
  (import "test" "exit" (func $exit (param i32)))
  (import "test" "peek" (func $peek (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\2a\00\00\00")
  (func (export "sum") (result i64)
    call $nothing
    (call $sum (i32.const -1) (i64.const 40) (f32.const 2.5) (f64.const 0.5) (i32.const 8)))
  (func (export "stored") (result i64) (i64.load (i32.const 8)))
  (func (export "exit") (call $exit (i32.const 7)))
  (func (export "peek") (param i32) (result i32) (call $peek (local.get 0)))
  (func (export "grow") (drop (memory.grow (i32.const 1)))))
"#;

/// A guest whose start function calls the host, before anything could be bound.
const STARTS: &str = r#"
(module
  (import "test" "peek" (func $peek (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\2a\00\00\00")
  (global $seen (export "seen") (mut i32) (i32.const 0))
  (func $start (global.set $seen (call $peek (i32.const 16))))
  (start $start)
  (func (export "peek") (param i32) (result i32) (call $peek (local.get 0))))
"#;

/// A guest without the export that WASI calls need.
const NO_MEMORY: &str = r#"
(module
  (import "test" "peek" (func $peek (param i32) (result i32)))
  (func (export "memory"))
  (func (export "peek") (param i32) (result i32) (call $peek (local.get 0))))
"#;

/// A guest whose memory WASI's pointers cannot address.
const MEMORY64: &str = r#"
(module
  (import "test" "peek" (func $peek (param i32) (result i32)))
  (memory (export "memory") i64 1)
  (func (export "peek") (param i32) (result i32) (call $peek (local.get 0))))
"#;

fn define<T: 'static, L: Linker<T>>(linker: &mut L) -> Result<(), LinkError> {
    linker.func("test", "sum", |_: &mut T, mut memory, (a, b, c, d, out): (i32, u64, f32, f64, u32)| {
        let sum = i64::from(a) + i64::try_from(b).unwrap() + (f64::from(c) + d) as i64;
        memory.write_u64(out, sum as u64)?;
        Ok(sum)
    })?;
    linker.func("test", "nothing", |_: &mut T, _, (): ()| Ok(()))?;
    linker.func("test", "exit", |_: &mut T, _, (code,): (u32,)| Err::<(), _>(Trap::Exit(code)))?;
    linker.func("test", "peek", |_: &mut T, memory, (at,): (u32,)| Ok(memory.read_u32(at)?))
}

mod wasmtime_engine {
    use super::*;
    use on_wasmtime::{MemorySlot, bind, many_instances, one_instance, trap};
    use wasmtime::{Engine, Instance, Linker, Module, Store};

    struct Guest {
        store: Store<MemorySlot>,
        instance: Instance,
    }

    fn start(wat: &str, bound: bool) -> (Guest, Result<(), BindError>) {
        let engine = Engine::default();
        let module = Module::new(&engine, wat).unwrap();
        let mut linker = Linker::new(&engine);
        if bound {
            define(&mut one_instance(&mut linker, |slot| slot)).unwrap();
        } else {
            define(&mut many_instances(&mut linker)).unwrap();
        }
        let mut store = Store::new(&engine, MemorySlot::new());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let result = if bound { bind(&mut store, &instance, |slot| slot) } else { Ok(()) };
        (Guest { store, instance }, result)
    }

    impl Guest {
        fn peek(&mut self, at: u32) -> Result<u32, wasmtime::Error> {
            self.call("peek", at)
        }

        fn call<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
            &mut self,
            name: &str,
            params: P,
        ) -> Result<R, wasmtime::Error> {
            let func = self.instance.get_typed_func::<P, R>(&mut self.store, name)?;
            func.call(&mut self.store, params)
        }
    }

    #[test]
    fn values_memory_and_traps() {
        for bound in [false, true] {
            let (mut guest, result) = start(GUEST, bound);
            assert_eq!(result, Ok(()));
            assert_eq!(guest.call::<(), i64>("sum", ()).unwrap(), 42);
            assert_eq!(guest.call::<(), i64>("stored", ()).unwrap(), 42);
            assert_eq!(guest.peek(16).unwrap(), 42);
            let error = guest.call::<(), ()>("exit", ()).unwrap_err();
            assert_eq!(trap(&error).and_then(Trap::exit_code), Some(7));
        }
    }

    #[test]
    fn a_bound_memory_follows_growth() {
        let (mut guest, _) = start(GUEST, true);
        let fault = MemoryFault::OutOfBounds { ptr: 65_536, len: 4, size: 65_536 };
        let error = guest.peek(65_536).unwrap_err();
        assert!(matches!(trap(&error), Some(Trap::Memory(found)) if *found == fault), "{error:?}");
        guest.call::<(), ()>("grow", ()).unwrap();
        assert_eq!(guest.peek(65_536).unwrap(), 0);
    }

    #[test]
    fn a_start_function_runs_before_binding() {
        let (mut guest, result) = start(STARTS, true);
        assert_eq!(result, Ok(()));
        let seen = guest.instance.get_global(&mut guest.store, "seen").unwrap();
        assert_eq!(seen.get(&mut guest.store).i32(), Some(42));
        assert_eq!(guest.peek(16).unwrap(), 42);
    }

    #[test]
    fn an_unusable_memory_is_a_trap_at_the_call() {
        for (wat, fault) in [(NO_MEMORY, MemoryFault::Missing), (MEMORY64, MemoryFault::SixtyFourBit)] {
            for bound in [false, true] {
                let (mut guest, result) = start(wat, bound);
                assert_eq!(result, if bound { Err(BindError::Fault(fault)) } else { Ok(()) });
                let error = guest.peek(0).unwrap_err();
                assert!(matches!(trap(&error), Some(Trap::Memory(found)) if *found == fault));
            }
        }
    }

    #[test]
    fn a_second_binding_is_refused() {
        let (mut guest, _) = start(GUEST, true);
        let again = bind(&mut guest.store, &guest.instance, |slot| slot);
        assert_eq!(again, Err(BindError::Taken));
    }

    #[test]
    fn many_instances_of_a_store_see_their_own_memories() {
        let engine = Engine::default();
        let module = Module::new(&engine, GUEST).unwrap();
        let mut linker = Linker::new(&engine);
        define(&mut many_instances(&mut linker)).unwrap();
        let mut store = Store::new(&engine, ());
        let instances = [(); 2].map(|()| linker.instantiate(&mut store, &module).unwrap());
        for (value, instance) in (1u8..).zip(&instances) {
            instance.get_memory(&mut store, "memory").unwrap().data_mut(&mut store)[16] = value;
        }
        for (value, instance) in (1u32..).zip(&instances) {
            let peek = instance.get_typed_func::<u32, u32>(&mut store, "peek").unwrap();
            assert_eq!(peek.call(&mut store, 16).unwrap(), value);
        }
    }

    #[test]
    fn a_shared_memory_is_read_and_written() {
        let mut config = wasmtime::Config::new();
        config.wasm_threads(true).shared_memory(true);
        let engine = Engine::new(&config).unwrap();
        let wat = GUEST.replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1 2 shared)");
        let module = Module::new(&engine, &wat).unwrap();
        for bound in [false, true] {
            let mut linker = Linker::new(&engine);
            if bound {
                define(&mut one_instance(&mut linker, |slot| slot)).unwrap();
            } else {
                define(&mut many_instances(&mut linker)).unwrap();
            }
            let mut store = Store::new(&engine, MemorySlot::new());
            let instance = linker.instantiate(&mut store, &module).unwrap();
            if bound {
                bind(&mut store, &instance, |slot| slot).unwrap();
            }
            let mut guest = Guest { store, instance };
            assert_eq!(guest.call::<(), i64>("sum", ()).unwrap(), 42);
            assert_eq!(guest.call::<(), i64>("stored", ()).unwrap(), 42);
            assert_eq!(guest.peek(16).unwrap(), 42);
            guest.peek(65_533).unwrap_err();
        }
    }

    #[test]
    fn a_name_is_defined_once() {
        let engine = Engine::default();
        let mut linker: Linker<MemorySlot> = Linker::new(&engine);
        define(&mut many_instances(&mut linker)).unwrap();
        let error = define(&mut many_instances(&mut linker)).unwrap_err();
        assert!(error.to_string().starts_with("cannot define the import `test.sum`: "), "{error}");
    }
}

mod wasmi_engine {
    use super::*;
    use on_wasmi::{MemorySlot, bind, many_instances, one_instance, trap};
    use wasmi::{Engine, Instance, Linker, Module, Store};

    fn start(wat: &str, bound: bool) -> (Store<MemorySlot>, Instance, Result<(), BindError>) {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
        let mut linker = Linker::new(&engine);
        if bound {
            define(&mut one_instance(&mut linker, |slot| slot)).unwrap();
        } else {
            define(&mut many_instances(&mut linker)).unwrap();
        }
        let mut store = Store::new(&engine, MemorySlot::new());
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        let result = if bound { bind(&mut store, &instance, |slot| slot) } else { Ok(()) };
        (store, instance, result)
    }

    fn peek(store: &mut Store<MemorySlot>, instance: &Instance, at: u32) -> Result<u32, wasmi::Error> {
        instance.get_typed_func::<u32, u32>(&*store, "peek").unwrap().call(store, at)
    }

    #[test]
    fn values_memory_and_traps() {
        for bound in [false, true] {
            let (mut store, instance, result) = start(GUEST, bound);
            assert_eq!(result, Ok(()));
            for name in ["sum", "stored"] {
                let func = instance.get_typed_func::<(), i64>(&store, name).unwrap();
                assert_eq!(func.call(&mut store, ()).unwrap(), 42);
            }
            let exit = instance.get_typed_func::<(), ()>(&store, "exit").unwrap();
            let error = exit.call(&mut store, ()).unwrap_err();
            assert_eq!(trap(&error).and_then(Trap::exit_code), Some(7));
            assert_eq!(peek(&mut store, &instance, 16).unwrap(), 42);
            peek(&mut store, &instance, 65_533).unwrap_err();
            instance.get_typed_func::<(), ()>(&store, "grow").unwrap().call(&mut store, ()).unwrap();
            assert_eq!(peek(&mut store, &instance, 65_533).unwrap(), 0);
        }
    }

    #[test]
    fn a_start_function_runs_before_binding() {
        let (mut store, instance, result) = start(STARTS, true);
        assert_eq!(result, Ok(()));
        assert_eq!(instance.get_global(&store, "seen").unwrap().get(&store).i32(), Some(42));
        assert_eq!(peek(&mut store, &instance, 16).unwrap(), 42);
    }

    #[test]
    fn an_unusable_memory_is_a_trap_at_the_call() {
        for bound in [false, true] {
            let (mut store, instance, result) = start(NO_MEMORY, bound);
            let missing = MemoryFault::Missing;
            assert_eq!(result, if bound { Err(BindError::Fault(missing)) } else { Ok(()) });
            let error = peek(&mut store, &instance, 0).unwrap_err();
            assert!(matches!(trap(&error), Some(Trap::Memory(found)) if *found == missing));
        }
    }

    #[test]
    fn a_second_binding_is_refused() {
        let (mut store, instance, _) = start(GUEST, true);
        assert_eq!(bind(&mut store, &instance, |slot| slot), Err(BindError::Taken));
    }
}

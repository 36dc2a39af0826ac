//! Tests that the adapters do the same on every engine: values pass, memories are found, traps arrive.

use engine_tests::{Binding, End, Engine, Guest, Imports, Make, Started, each};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasi_policy::{BindError, LinkError, Linker, MemoryFault, Trap, panic_message};

/// The guest: `call` forwards to a host function that sums its arguments into memory.
const GUEST: &str = r#"
(module
  (import "test" "sum" (func $sum (param i32 i64 f32 f64 i32) (result i64)))
  (import "test" "nothing" (func $nothing))
  (import "test" "exit" (func $exit (param i32)))
  (import "test" "peek" (func $peek (param i32) (result i32)))
  (import "test" "half" (func $half (param f64) (result f64)))
  (import "test" "third" (func $third (param f32) (result f32)))
  (import "test" "panic" (func $panic))
  (memory (export "memory") 1)
  (data (i32.const 16) "\2a\00\00\00")
  (func (export "sum") (result i64)
    call $nothing
    (call $sum (i32.const -1) (i64.const 40) (f32.const 2.5) (f64.const 0.5) (i32.const 8)))
  (func (export "stored") (result i64) (i64.load (i32.const 8)))
  (func (export "exit") (call $exit (i32.const 7)))
  (func (export "peek") (param i32) (result i32) (call $peek (local.get 0)))
  (func (export "half") (param f64) (result f64) (call $half (local.get 0)))
  (func (export "third") (param f32) (result f32) (call $third (local.get 0)))
  (func (export "panic") (call $panic))
  (func (export "unreachable") unreachable)
  (func (export "loop") (loop $again (br $again)))
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

const BINDINGS: [Binding; 2] = [Binding::Slot, Binding::Lookup];

/// The host functions, which need no context but count the calls of `nothing`.
struct Test;

impl Imports<u32> for Test {
    fn define<T: 'static, L: Linker<T>>(
        self,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut u32 + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        linker.func(
            "test",
            "sum",
            |_: &mut T, mut memory, (a, b, c, d, out): (i32, u64, f32, f64, u32)| {
                let sum = i64::from(a) + i64::try_from(b).unwrap() + (f64::from(c) + d) as i64;
                memory.write_u64(out, sum as u64)?;
                Ok(sum)
            },
        )?;
        linker.func("test", "nothing", move |state: &mut T, _, (): ()| {
            *context(state) += 1;
            Ok(())
        })?;
        linker.func("test", "exit", |_: &mut T, _, (code,): (u32,)| Err::<(), _>(Trap::Exit(code)))?;
        linker.func("test", "half", |_: &mut T, _, (whole,): (f64,)| Ok(whole / 2.0))?;
        linker.func("test", "third", |_: &mut T, _, (whole,): (f32,)| Ok(whole / 3.0))?;
        linker.func("test", "panic", |_: &mut T, _, (): ()| -> Result<(), Trap> { panic!("a mistake") })?;
        linker.func("test", "peek", |_: &mut T, memory, (at,): (u32,)| Ok(memory.read_u32(at)?))
    }
}

fn start<E: Engine>(wat: &str, binding: Binding) -> Started<E::Guest<u32>> {
    E::start(wat.as_bytes(), Test, 0, binding).unwrap_or_else(|reason| panic!("{}: {reason}", E::NAME))
}

/// Runs a test on each engine.
macro_rules! on_each_engine {
    ($($(#[$attribute:meta])* fn $test:ident<E: Engine>() $body:block)*) => {$(
        #[test]
        $(#[$attribute])*
        fn $test() {
            struct This;

            impl Make for This {
                type Made = fn();

                fn make<E: Engine>() -> fn() {
                    || $body
                }
            }

            for (name, run) in each::<This>() {
                println!("on {name}");
                run();
            }
        }
    )*};
}

on_each_engine! {
    fn values_memory_and_traps<E: Engine>() {
        for binding in BINDINGS {
            let Started { mut guest, bound } = start::<E>(GUEST, binding);
            assert_eq!(bound, Ok(()));
            assert_eq!(guest.call("sum", &[]), Ok(Some(42)));
            assert_eq!(guest.call("stored", &[]), Ok(Some(42)));
            assert_eq!(guest.call("peek", &[16]), Ok(Some(42)));
            assert_eq!(guest.call("half", &[5.0_f64.to_bits()]), Ok(Some(2.5_f64.to_bits())));
            let third = guest.call("third", &[u64::from(1.0_f32.to_bits())]);
            assert_eq!(third, Ok(Some(u64::from((1.0_f32 / 3.0).to_bits()))));
            assert_eq!(guest.call("exit", &[]), Err(End::Exited(7)));
            assert!(matches!(guest.call("unreachable", &[]), Err(End::Other(_))));
            assert_eq!(*guest.context(), 1);
        }
    }

    fn memories_are_followed_when_they_grow<E: Engine>() {
        for binding in BINDINGS {
            let Started { mut guest, .. } = start::<E>(GUEST, binding);
            let fault = MemoryFault::OutOfBounds { ptr: 65_536, len: 4, size: 65_536 };
            assert_eq!(guest.call("peek", &[65_536]), Err(End::Memory(fault)));
            guest.call("peek", &[65_533]).unwrap_err();
            guest.call("grow", &[]).unwrap();
            assert_eq!(guest.call("peek", &[65_536]), Ok(Some(0)));
            guest.write(131_068, &[1, 2, 0, 0]);
            assert_eq!(guest.call("peek", &[131_068]), Ok(Some(0x201)));
            assert_eq!(guest.memory().len(), 2 * 65_536);
        }
    }

    /// Where its calls find no memory, it ends there.
    fn a_start_function_runs_before_binding<E: Engine>() {
        if !E::EARLY_MEMORIES {
            let reason = E::start(STARTS.as_bytes(), Test, 0, Binding::Slot).err().unwrap();
            assert!(reason.contains(&MemoryFault::Missing.to_string()), "{reason}");
            return;
        }
        let Started { mut guest, bound } = start::<E>(STARTS, Binding::Slot);
        assert_eq!(bound, Ok(()));
        assert_eq!(guest.global("seen"), 42);
        assert_eq!(guest.call("peek", &[16]), Ok(Some(42)));
    }

    fn an_unusable_memory_is_a_trap_at_the_call<E: Engine>() {
        let mut guests = vec![(NO_MEMORY, MemoryFault::Missing)];
        if E::takes(MEMORY64.as_bytes()) {
            guests.push((MEMORY64, MemoryFault::SixtyFourBit));
        }
        assert!(guests.len() == 2 || E::NAME != "wasmtime");
        for (wat, fault) in guests {
            for binding in BINDINGS {
                let Started { mut guest, bound } = start::<E>(wat, binding);
                let unbound = if binding == Binding::Slot { Err(BindError::Fault(fault)) } else { Ok(()) };
                assert_eq!(bound, unbound);
                assert_eq!(guest.call("peek", &[0]), Err(End::Memory(fault)));
            }
        }
    }

    fn a_second_binding_is_refused<E: Engine>() {
        let Started { mut guest, .. } = start::<E>(GUEST, Binding::Slot);
        assert_eq!(guest.bind_again(), Err(BindError::Taken));
    }

    fn many_instances_of_a_store_see_their_own_memories<E: Engine>() {
        let Started { mut guest, .. } = start::<E>(GUEST, Binding::Lookup);
        guest.write(16, &[1]);
        guest.add_instance(Test, 0);
        guest.write(16, &[2]);
        for (number, value) in [(0, 1), (1, 2)] {
            guest.select(number);
            assert_eq!(guest.call("peek", &[16]), Ok(Some(value)));
        }
    }

    /// Or it is refused with a reason.
    fn a_shared_memory_is_read_and_written<E: Engine>() {
        let wat = GUEST.replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1 2 shared)");
        for binding in BINDINGS {
            if !E::takes(wat.as_bytes()) {
                assert_ne!(E::NAME, "wasmtime");
                let reason = E::start(wat.as_bytes(), Test, 0, binding).err().unwrap();
                assert!(!reason.is_empty());
                continue;
            }
            let Started { mut guest, bound } = start::<E>(&wat, binding);
            assert_eq!(bound, Ok(()));
            assert_eq!(guest.call("sum", &[]), Ok(Some(42)));
            assert_eq!(guest.call("stored", &[]), Ok(Some(42)));
            assert_eq!(guest.call("peek", &[16]), Ok(Some(42)));
            guest.call("peek", &[65_533]).unwrap_err();
        }
    }

    /// And it goes on afterwards.
    fn the_engine_ends_a_loop_by_its_own_means<E: Engine>() {
        for binding in BINDINGS {
            let Started { mut guest, .. } = start::<E>(GUEST, binding);
            assert!(matches!(guest.call_for_a_while("loop"), Err(End::Other(_))));
            assert_eq!(guest.call("sum", &[]), Ok(Some(42)));
        }
    }

    fn a_name_is_defined_once<E: Engine>() {
        let Started { mut guest, .. } = start::<E>(GUEST, Binding::Lookup);
        let error = guest.define_again(Test).unwrap_err();
        assert!(error.to_string().starts_with("cannot define the import `test.sum`: "), "{error}");
    }

    /// The engine passes it on, or the adapter makes a trap of it; the process stays.
    fn a_panic_of_a_host_function_ends_the_call<E: Engine>() {
        for binding in BINDINGS {
            let Started { mut guest, .. } = start::<E>(GUEST, binding);
            match catch_unwind(AssertUnwindSafe(|| guest.call("panic", &[]))) {
                Ok(called) => {
                    let End::Other(reason) = called.unwrap_err() else { panic!("it is no trap of the guest's") };
                    assert!(reason.contains("a host function panicked: a mistake"), "{reason}");
                }
                Err(panic) => assert_eq!(panic_message(panic.as_ref()), "a mistake"),
            }
        }
    }

    /// A type that does not fit is refused before the guest runs.
    fn an_import_of_another_type_is_refused<E: Engine>() {
        let wat = r#"(module (import "test" "peek" (func (param i64) (result i32))))"#;
        for binding in BINDINGS {
            let reason = E::start(wat.as_bytes(), Test, 0, binding).err().unwrap();
            // Not every engine names the import.
            assert!(!reason.is_empty());
        }
    }
}

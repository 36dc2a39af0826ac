//! Tests of how live guests end: by which limits and when, and what is left of them.

use std::time::{Duration, Instant};
use wasi_facade::snapshot::Sink;
use wasi_facade::{
    CallError, Contexts, Engine, Host, Instance, Outcome, Reason, RunLimits, TrapKind, Value, WasiCtx,
};

/// Long enough for what a guest does at once, on an emulated processor too.
const ENOUGH: Duration = Duration::from_millis(500);

/// Ends in many ways, and says a line before.
const ENDS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\03\00\00\00on\n")
    (func $says
        (i32.store8 (i32.const 64) (i32.const 7))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)) (then (unreachable))))
    (func (export "returns") (result i32) (i32.const 1))
    (func (export "traps") (call $says) (unreachable))
    (func (export "exits") (call $says) (call $exit (i32.const 3)))
    (func (export "spins") (call $says) (loop $again (br $again)))
    (func (export "grows") (call $says)
        (if (i32.eq (memory.grow (i32.const 9)) (i32.const -1)) (then (unreachable))))
    (func (export "copes") (drop (memory.grow (i32.const 9)))))"#;

/// A command that says a line.
const COMMAND: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\03\00\00\00on\n")
    (func (export "_start")
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)) (then (unreachable))))
    (func (export "exit") (param i32) (call $exit (local.get 0))))"#;

fn context() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

fn start(host: &Host, text: &str) -> Instance {
    host.compile(&wat::parse_str(text).unwrap()).unwrap().start(context()).unwrap()
}

/// How a call by a handle ends the guest.
fn ends_typed(instance: &mut Instance, name: &str) -> Outcome {
    let function = instance.func::<(), ()>(name).unwrap();
    match function.call(instance, ()).unwrap_err() {
        CallError::Ended(outcome) => outcome,
        other => panic!("{other}"),
    }
}

#[test]
fn a_spent_instance_says_why() {
    type Right = fn(&Outcome) -> bool;
    let cases: &[(&str, Right, &str)] = &[
        (
            "traps",
            |end| matches!(end, Outcome::Trapped(trap) if trap.kind() == TrapKind::Unreachable),
            "trapped: ",
        ),
        ("exits", |end| *end == Outcome::Exited(3), "exited with code 3;"),
        ("spins", |end| *end == Outcome::OutOfFuel, "ran out of fuel;"),
        ("grows", |end| matches!(end, Outcome::OutOfMemory(_)), "ran out of memory: "),
    ];
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).fuel(100_000).max_memory(1 << 16);
        for (name, is_right, why) in cases {
            for typed in [false, true] {
                let (stdout, captured) = Sink::capture(64);
                let program = host.compile(&wat::parse_str(ENDS).unwrap()).unwrap();
                let mut instance = program.start(WasiCtx::builder().stdout(stdout).build().unwrap()).unwrap();
                let returns = instance.func::<(), i32>("returns").unwrap();
                assert_eq!(returns.call(&mut instance, ()).unwrap(), 1);
                let outcome = match typed {
                    true => ends_typed(&mut instance, name),
                    false => instance.call(name, &[]).unwrap(),
                };
                assert!(is_right(&outcome), "{engine}: {name}: {outcome:?}");
                assert_eq!(instance.ended(), Some(&outcome), "{engine}: {name}");
                let says =
                    format!("the module cannot be called any more in this instance, since its guest {why}");
                let errors = [
                    instance.call("returns", &[]).unwrap_err().to_string(),
                    returns.call(&mut instance, ()).unwrap_err().to_string(),
                    instance.func::<(), i32>("returns").unwrap_err().to_string(),
                ];
                for error in errors {
                    assert!(error.starts_with(&says), "{engine}: {name}: {error}");
                    assert!(error.ends_with("; start another one"), "{engine}: {name}: {error}");
                }
                // What it leaves can be read.
                assert_eq!(instance.memory().read_u8(64), Ok(7), "{engine}: {name}");
                assert!(instance.usage().fuel.unwrap() > 0, "{engine}: {name}");
                assert_eq!(captured.bytes(), b"on\n", "{engine}: {name}");
                drop(instance.into_contexts());
            }
        }
    }
}

/// The application ABI has a command run once.
#[test]
fn a_command_is_called_and_has_ended() {
    for engine in Engine::ALL {
        let (stdout, captured) = Sink::capture(64);
        let program = Host::new().engine(*engine).compile(&wat::parse_str(COMMAND).unwrap()).unwrap();
        let mut instance = program.start(WasiCtx::builder().stdout(stdout).build().unwrap()).unwrap();
        assert_eq!((instance.ended(), captured.bytes().len()), (None, 0), "{engine}");
        assert_eq!(instance.call("_start", &[]).unwrap(), Outcome::Exited(0), "{engine}");
        assert_eq!(captured.bytes(), b"on\n", "{engine}");
        assert_eq!(instance.ended(), Some(&Outcome::Exited(0)), "{engine}");
        assert!(matches!(instance.call("_start", &[]).unwrap_err().reason(), Reason::Spent(_)), "{engine}");

        let mut instance = program.start(context()).unwrap();
        let main = instance.func::<(), ()>("_start").unwrap();
        main.call(&mut instance, ()).unwrap();
        assert_eq!(instance.ended(), Some(&Outcome::Exited(0)), "{engine}");

        let mut instance = program.start(context()).unwrap();
        assert_eq!(instance.call("exit", &[Value::I32(9)]).unwrap(), Outcome::Exited(9), "{engine}");
    }
}

/// In its start section or in `_initialize`.
#[test]
fn a_guest_that_ends_at_its_start_leaves_what_it_captured() {
    let says =
        "(if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)) (then (unreachable)))";
    for engine in Engine::ALL {
        for place in ["(start $first)", "(export \"_initialize\" (func $first))"] {
            for (then, is_right) in [
                ("(call $exit (i32.const 9))", Outcome::Exited(9)),
                ("(loop $again (br $again))", Outcome::TimedOut),
            ] {
                let text = format!(
                    r#"(module
                    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                    (memory (export "memory") 1)
                    (data (i32.const 0) "\08\00\00\00\03\00\00\00on\n")
                    (func $first {says} {then})
                    (func (export "f"))
                    {place})"#
                );
                let (stdout, captured) = Sink::capture(64);
                let host = Host::new().engine(*engine).timeout(ENOUGH);
                let program = host.compile(&wat::parse_str(text).unwrap()).unwrap();
                let mut instance = program.start(WasiCtx::builder().stdout(stdout).build().unwrap()).unwrap();
                assert_eq!(instance.ended(), Some(&is_right), "{engine}: {place}");
                assert!(
                    matches!(instance.call("f", &[]).unwrap_err().reason(), Reason::Spent(_)),
                    "{engine}"
                );
                assert!(instance.memory().size().is_ok() || place.contains("start"), "{engine}: {place}");
                assert!(instance.usage().time.unwrap() > Duration::ZERO, "{engine}");
                drop(instance.into_contexts());
                assert_eq!(captured.bytes(), b"on\n", "{engine}: {place}");
            }
        }
    }
}

/// Enough for a call, and far from enough for ten.
#[test]
fn each_call_has_the_fuel() {
    let text = r#"(module (func (export "f") (local $n i32)
        (loop $again
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))))"#;
    for engine in Engine::ALL {
        for host in [Host::new(), Host::new().interruptible()] {
            let mut instance = start(&host.engine(*engine).fuel(20_000), text);
            let typed = instance.func::<(), ()>("f").unwrap();
            for _ in 0..10 {
                assert_eq!(instance.call("f", &[]).unwrap(), Outcome::Returned(vec![]), "{engine}");
                typed.call(&mut instance, ()).unwrap();
            }
            assert!(instance.usage().fuel.unwrap() > 20_000, "{engine}");
        }
    }
}

/// Growth that failed is blamed for a trap of the same call only.
#[test]
fn what_a_guest_has_coped_with_is_over() {
    for engine in Engine::ALL {
        let mut instance = start(&Host::new().engine(*engine).max_memory(1 << 16), ENDS);
        assert_eq!(instance.call("copes", &[]).unwrap(), Outcome::Returned(vec![]), "{engine}");
        assert!(matches!(instance.call("traps", &[]).unwrap(), Outcome::Trapped(_)), "{engine}");
    }
}

#[test]
fn each_call_has_the_time() {
    let timeout = ENOUGH;
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).timeout(timeout);
        let (mut idle, mut spins) = (start(&host, ENDS), start(&host, ENDS));
        let began = Instant::now();
        assert_eq!(spins.call("spins", &[]).unwrap(), Outcome::TimedOut, "{engine}");
        assert!(began.elapsed() >= timeout, "{engine}");
        assert!(spins.usage().time.unwrap() >= timeout, "{engine}");
        // Nobody called the other one meanwhile.
        let returns = idle.func::<(), i32>("returns").unwrap();
        assert_eq!(returns.call(&mut idle, ()).unwrap(), 1, "{engine}");
        assert_eq!(ends_typed(&mut idle, "spins"), Outcome::TimedOut, "{engine}");

        let mut instance = start(&Host::new().engine(*engine).interruptible(), ENDS);
        let hour = Duration::from_secs(3600);
        let returned = instance.call_within(hour, "returns", &[]).unwrap();
        assert_eq!(returned, Outcome::Returned(vec![Value::I32(1)]), "{engine}");
        let spins = instance.func::<(), ()>("spins").unwrap();
        let ended = spins.call_within(Duration::from_millis(5), &mut instance, ()).unwrap_err();
        assert!(matches!(ended, CallError::Ended(Outcome::TimedOut)), "{engine}: {ended}");

        let mut without = start(&Host::new().engine(*engine), ENDS);
        let spins = without.func::<(), ()>("spins").unwrap();
        let error = without.call_within(hour, "returns", &[]).unwrap_err();
        assert!(matches!(error.reason(), Reason::NotInterruptible), "{engine}: {error}");
        assert!(matches!(spins.call_within(hour, &mut without, ()), Err(CallError::Error(_))), "{engine}");
        assert_eq!(without.ended(), None, "{engine}");
    }
}

#[test]
fn tenants_have_limits_of_their_own() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible().fuel(u64::MAX);
        let program = host.compile(&wat::parse_str(ENDS).unwrap()).unwrap();
        let poor = program.with_limits(RunLimits::default().fuel(10_000)).unwrap();
        let hasty = program.with_limits(RunLimits::default().timeout(Duration::from_millis(400))).unwrap();
        let (mut poor, mut hasty) = (poor.start(context()).unwrap(), hasty.start(context()).unwrap());
        assert_eq!(poor.call("spins", &[]).unwrap(), Outcome::OutOfFuel, "{engine}");
        assert_eq!(hasty.call("spins", &[]).unwrap(), Outcome::TimedOut, "{engine}");
    }
}

#[test]
fn interrupts_in_a_call_and_between_two() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible();
        let program = host.compile(&wat::parse_str(ENDS).unwrap()).unwrap();
        // Once it has said something, so that it is in the call.
        let (stdout, mut said) = Sink::pipe().unwrap();
        let mut instance = program.start(WasiCtx::builder().stdout(stdout).build().unwrap()).unwrap();
        let mut neighbour = program.start(context()).unwrap();
        let handle = instance.interrupt_handle();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::io::Read::read_exact(&mut said, &mut [0; 3]).unwrap();
                handle.interrupt();
            });
            assert_eq!(instance.call("spins", &[]).unwrap(), Outcome::Interrupted, "{engine}");
        });
        assert_eq!(instance.ended(), Some(&Outcome::Interrupted), "{engine}");
        assert_eq!(
            neighbour.call("returns", &[]).unwrap(),
            Outcome::Returned(vec![Value::I32(1)]),
            "{engine}"
        );
        let contexts = Contexts::from(context());
        let handle = contexts.interrupt_handle();
        let mut instance = program.start(contexts).unwrap();
        handle.interrupt();
        assert_eq!(ends_typed(&mut instance, "spins"), Outcome::Interrupted, "{engine}");
    }
}

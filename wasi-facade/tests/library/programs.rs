//! Tests of programs: compiled once, run often, interrupted one by one.

use std::time::Duration;
use wasi_facade::snapshot::{Sink, Source};
use wasi_facade::{Engine, Host, Outcome, Reason, RunLimits, Value, WasiCtx};

/// Spins if its standard input is empty, and exits with 5 if it is not.
const SPINS_OR_EXITS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 4) (i32.const 1))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (if (i32.load (i32.const 8)) (then (call $exit (i32.const 5))))
        (loop $again (br $again))))"#;

fn context(input: &str) -> WasiCtx {
    WasiCtx::builder().stdin(Source::bytes(input)).build().unwrap()
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn an_interruption_hits_one_run_of_many() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).timeout(Duration::from_secs(3600));
        let program = host.compile(&binary(SPINS_OR_EXITS)).unwrap();
        let hasty = program.with_limits(RunLimits::default().timeout(Duration::from_millis(50))).unwrap();
        std::thread::scope(|scope| {
            let spinning = scope.spawn(|| hasty.run(context("")).unwrap());
            while !spinning.is_finished() {
                assert_eq!(program.run(context("x")).unwrap(), Outcome::Exited(5));
            }
            assert_eq!(spinning.join().unwrap(), Outcome::TimedOut);
        });
        assert_eq!(program.run(context("x")).unwrap(), Outcome::Exited(5));
    }
}

#[test]
fn a_start_function_is_interrupted_too() {
    let module =
        binary("(module (func $main (loop $again (br $again))) (start $main) (func (export \"_start\")))");
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).timeout(Duration::from_millis(10));
        assert_eq!(host.run(&module, context("")).unwrap(), Outcome::TimedOut);
        assert_eq!(host.fuel(1000).run(&module, context("")).unwrap(), Outcome::OutOfFuel);
    }
}

#[test]
fn fuel_stops_a_guest_at_the_same_place_each_time() {
    // Prints a dot in each round.
    let module = binary(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\01\00\00\00.")
            (func (export "_start")
                (loop $again
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
                    (br $again))))"#,
    );
    for engine in Engine::ALL {
        let dots = |timeout: Option<Duration>| {
            let host = Host::new().engine(*engine).fuel(5000);
            let host = timeout.into_iter().fold(host, Host::timeout);
            let (stdout, captured) = Sink::capture(1 << 20);
            let context = WasiCtx::builder().stdout(stdout).build().unwrap();
            assert_eq!(host.run(&module, context).unwrap(), Outcome::OutOfFuel);
            captured.bytes().len()
        };
        assert!(dots(None) > 10);
        assert_eq!(dots(None), dots(None));
        // Slices of fuel add up to the whole.
        assert_eq!(dots(None), dots(Some(Duration::from_secs(3600))));
    }
}

#[test]
fn long_runs_take_many_slices() {
    let module = binary(
        r#"(module (func (export "count") (param $to i32) (result i32) (local $at i32)
            (loop $again
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $at) (local.get $to))))
            (local.get $at)))"#,
    );
    for engine in Engine::ALL {
        let program =
            Host::new().engine(*engine).timeout(Duration::from_secs(3600)).compile(&module).unwrap();
        let outcome = program.invoke("count", &[Value::I32(3_000_000)], context("")).unwrap();
        assert_eq!(outcome, Outcome::Returned(vec![Value::I32(3_000_000)]));
    }
}

/// wasmi could translate functions when they are first called, at the guest's expense: a slice of fuel that ended in
/// there ended the guest.
#[test]
fn code_that_runs_once_costs_its_instructions() {
    const FUNCTIONS: i32 = 60;
    const ADDITIONS: i32 = 500;
    let one = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))";
    let function = |n| {
        let ones = (0..ADDITIONS).map(|_| one).collect::<String>();
        format!("(func $f{n} (param i32) (result i32) {ones} (local.get 0))")
    };
    let functions: String = (0..FUNCTIONS).map(function).collect();
    let calls: String = (0..FUNCTIONS).map(|n| format!("call $f{n} ")).collect();
    let count = format!("(func (export \"count\") (result i32) i32.const 0 {calls})");
    let module = binary(&format!("(module {functions} {count})"));
    for engine in Engine::ALL {
        let slices = Host::new().engine(*engine).timeout(Duration::from_secs(3600));
        for host in [slices, Host::new().engine(*engine).fuel(1_000_000)] {
            let outcome = host.compile(&module).unwrap().invoke("count", &[], context("")).unwrap();
            assert_eq!(outcome, Outcome::Returned(vec![Value::I32(FUNCTIONS * ADDITIONS)]));
        }
    }
}

#[test]
fn a_deep_stack_is_there_when_it_is_asked_for() {
    let module = binary(
        r#"(module (func $deep (export "deep") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.const 0)))))"#,
    );
    let depth = Value::I32(60_000);
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine);
        let outcome = host.compile(&module).unwrap().invoke("deep", &[depth], context("")).unwrap();
        assert!(matches!(outcome, Outcome::Trapped(_)), "{outcome:?}");
        let host = host.stack(16 << 20);
        let outcome = host.compile(&module).unwrap().invoke("deep", &[depth], context("")).unwrap();
        assert_eq!(outcome, Outcome::Returned(vec![depth]));
    }
}

#[test]
fn wrong_arguments_are_an_error() {
    let module = binary("(module (func (export \"f\") (param i32 f64)))");
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).compile(&module).unwrap();
        let error = program.invoke("f", &[Value::I64(1)], context("")).unwrap_err();
        assert!(matches!(error.reason(), Reason::WrongArguments { .. }));
        let message = "the module exports `f` as (i32, f64); pass arguments of these types, not (i64)";
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_module_without_a_memory_runs_and_its_calls_say_what_it_lacks() {
    let module = binary(
        r#"(module
            (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
            (func (export "_start") (drop (call $sizes (i32.const 0) (i32.const 4)))))"#,
    );
    for engine in Engine::ALL {
        match Host::new().engine(*engine).run(&module, context("")).unwrap() {
            Outcome::Trapped(trap) => assert!(trap.reason.contains("no memory named `memory`"), "{trap:?}"),
            other => panic!("{other:?}"),
        }
    }
}

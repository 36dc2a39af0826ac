//! Tests of one program under different limits, as tenants of a host have them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;
use wasi_facade::policy::{Descriptor, LinkError, Linker, Permit, Proposal, Stage};
use wasi_facade::{Contexts, Engine, Host, Ours, Outcome, Program, RunLimits, TrapKind, WasiCtx};

const FOREVER: &str = r#"(module (func (export "_start") (loop $again (br $again))))"#;

/// Ends after some ten thousand instructions.
const A_WHILE: &str = r#"(module (func (export "_start") (local $n i32)
    (loop $again
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 10000))))))"#;

/// Grows its memory, which has a page, by nine, and traps if it cannot.
const GROWS: &str = r#"(module (memory (export "memory") 1) (func (export "_start")
    (if (i32.eq (memory.grow (i32.const 9)) (i32.const -1)) (then (unreachable)))))"#;

const PAGE: usize = 1 << 16;

fn context() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

fn run(program: &Program) -> Outcome {
    program.run(context()).unwrap()
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn one_program_under_many_limits() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible().fuel(u64::MAX);
        let program = host.compile(&binary(FOREVER)).unwrap();
        let with = |limits: RunLimits| program.with_limits(limits).unwrap();
        let none = RunLimits::default;
        // At the same time, so that nothing of the one can be the other's.
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(run(&with(none().fuel(10_000))), Outcome::OutOfFuel, "{engine}"));
                let timeout = none().timeout(Duration::from_millis(10));
                scope.spawn(move || assert_eq!(run(&with(timeout)), Outcome::TimedOut, "{engine}"));
                scope.spawn(|| {
                    let contexts = Contexts::from(context());
                    contexts.interrupt_handle().interrupt();
                    assert_eq!(with(none()).run(contexts).unwrap(), Outcome::Interrupted, "{engine}");
                });
            }
        });
        assert_eq!(program.limits(), &none().fuel(u64::MAX));
        assert_eq!(with(none().fuel(3)).clone().limits(), &none().fuel(3));
    }
}

/// New limits replace the old ones, and code that counts fuel runs without a limit on it, too.
#[test]
fn limits_can_be_taken_away() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).fuel(1000).timeout(Duration::from_millis(1));
        let program = host.compile(&binary(A_WHILE)).unwrap();
        assert!(matches!(run(&program), Outcome::OutOfFuel | Outcome::TimedOut), "{engine}");
        let free = program.with_limits(RunLimits::default()).unwrap();
        assert_eq!(run(&free), Outcome::Exited(0), "{engine}");
        let enough = free.with_limits(free.limits().clone().fuel(10_000_000)).unwrap();
        assert_eq!(run(&enough), Outcome::Exited(0), "{engine}");
    }
}

#[test]
fn what_code_was_not_compiled_for_is_refused() {
    let second = Duration::from_secs(1);
    for engine in Engine::ALL {
        let module = binary(A_WHILE);
        let host = Host::new().engine(*engine);
        let refused = |host: &Host, limits: RunLimits| {
            host.compile(&module).unwrap().with_limits(limits).map(drop).map_err(|error| error.to_string())
        };
        let time = "the module was compiled without checks for a timeout; compile it with `Host::interruptible`, or \
                    with a timeout";
        let fuel = "the module was compiled without counting fuel; compile it with `Host::fuel`, which may be `u64::MAX`";
        let (by_time, by_fuel) = (RunLimits::default().timeout(second), RunLimits::default().fuel(1));
        assert_eq!(refused(&host, by_time.clone()), Err(time.to_owned()));
        assert_eq!(refused(&host, by_fuel.clone()), Err(fuel.to_owned()));
        for host in [host.clone().interruptible(), host.clone().timeout(second)] {
            assert_eq!(refused(&host, by_time.clone()), Ok(()));
            assert_eq!(refused(&host, by_fuel.clone()), Err(fuel.to_owned()));
        }
        let host = host.fuel(1);
        assert_eq!(refused(&host, by_time), Err(time.to_owned()));
        assert_eq!(refused(&host, by_fuel), Ok(()));
    }
}

#[test]
fn memory_needs_nothing_of_the_code() {
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).compile(&binary(GROWS)).unwrap();
        let with = |bytes| run(&program.with_limits(RunLimits::default().max_memory(bytes)).unwrap());
        assert_eq!(run(&program), Outcome::Exited(0));
        assert_eq!(with(10 * PAGE), Outcome::Exited(0));
        assert!(matches!(with(10 * PAGE - 1), Outcome::OutOfMemory(_)));
        let program = Host::new().engine(*engine).max_memory(PAGE).compile(&binary(GROWS)).unwrap();
        assert!(matches!(run(&program), Outcome::OutOfMemory(_)));
        assert_eq!(run(&program.with_limits(RunLimits::default()).unwrap()), Outcome::Exited(0));
    }
}

/// No limit holds a shared memory, wherever its code comes from. What compiled code does not tell counts as shared.
#[cfg(all(feature = "wasmtime", feature = "cache"))]
#[test]
fn a_shared_memory_takes_no_limit() {
    let limit = RunLimits::default().max_memory(PAGE);
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new().cache(wasi_facade::Cache::open(dir.path().join("cache")).unwrap());
    for (memory, takes) in [
        (r#"(memory (export "memory") 1)"#, true),
        ("", true),
        (r#"(memory (export "memory") 1 1 shared)"#, false),
        (r#"(memory 1 1 shared)"#, false),
    ] {
        let module = binary(&format!(r#"(module {memory} (func (export "_start")))"#));
        let file = dir.path().join("module.wasm");
        std::fs::write(&file, &module).unwrap();
        let compiled = host.compile(&module).unwrap();
        let found = host.find_cached("it", &file).unwrap().unwrap();
        for program in [compiled, found] {
            assert_eq!(run(&program), Outcome::Exited(0), "{memory}");
            match program.with_limits(limit.clone()) {
                Ok(program) => assert!(takes && run(&program) == Outcome::Exited(0), "{memory}"),
                Err(error) => {
                    assert!(
                        !takes && matches!(error.reason(), wasi_facade::Reason::UnboundedMemory),
                        "{memory}: {error}"
                    );
                }
            }
        }
    }
}

/// Tells on which thread the guest is.
struct Whereabouts;

impl Proposal for Whereabouts {
    const DESCRIPTOR: Descriptor =
        Descriptor::new("whereabouts", Stage::Five).with_modules(&["where"]).linked_without_flag();
    const VERSION: &'static str = "1.0.0";
    type Context = Arc<Mutex<Vec<ThreadId>>>;

    fn register<T: 'static, L: Linker<T>>(
        _: Permit<Self>,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut Self::Context + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        linker.func("where", "here", move |state: &mut T, _, (): ()| {
            context(state).lock().unwrap().push(thread::current().id());
            Ok(())
        })
    }
}

/// A thread a run costs several times what a short guest takes.
#[test]
fn a_guest_runs_on_the_callers_thread_unless_it_was_given_a_stack() {
    let module =
        binary(r#"(module (import "where" "here" (func $here)) (func (export "_start") (call $here)))"#);
    for engine in Engine::ALL {
        let host = || Host::new().with::<Whereabouts>().engine(*engine);
        let is_here = |host: Host<(Whereabouts, Ours)>| {
            let threads = Arc::default();
            let contexts = Contexts::from(context()).with::<Whereabouts>(Arc::clone(&threads));
            assert_eq!(host.run(&module, contexts).unwrap(), Outcome::Exited(0));
            threads.lock().unwrap().as_slice() == [thread::current().id()]
        };
        assert!(is_here(host().timeout(Duration::from_secs(3600))), "{engine}");
        assert!(!is_here(host().timeout(Duration::from_secs(3600)).stack(1 << 20)), "{engine}");
    }
}

/// A guest's time is up at about the time that it ends; whoever waits for the interrupt is told of it only during the run,
/// and then the outcome says so.
#[test]
fn no_interrupt_comes_after_the_end() {
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).interruptible().compile(&binary(A_WHILE)).unwrap();
        for micros in 0..200 {
            let calls = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&calls);
            let contexts = Contexts::from(context()).on_interrupt(move || {
                count.fetch_add(1, Ordering::SeqCst);
            });
            let handle = contexts.interrupt_handle();
            let limits = RunLimits::default().timeout(Duration::from_micros(micros));
            let outcome = program.with_limits(limits).unwrap().run(contexts).unwrap();
            let called = calls.load(Ordering::SeqCst);
            match outcome {
                Outcome::TimedOut => assert_eq!(called, 1, "{engine}"),
                // It may have ended while it was told.
                other => assert!(other == Outcome::Exited(0) && called <= 1, "{engine}: {other:?} {called}"),
            }
            handle.interrupt();
            assert_eq!(calls.load(Ordering::SeqCst), called, "{engine}");
        }
    }
}

/// A megabyte is enough for the stack of a guest and of the host's functions.
#[test]
fn the_deepest_recursion_fits_a_small_thread() {
    let module = binary(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func $deeper (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $deeper))
            (func (export "_start") (call $deeper)))"#,
    );
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).compile(&module).unwrap();
        let small = thread::Builder::new().stack_size(1 << 20);
        let outcome = small.spawn(move || run(&program)).unwrap().join().unwrap();
        assert!(
            matches!(&outcome, Outcome::Trapped(trap) if trap.kind() == TrapKind::StackOverflow),
            "{outcome:?}"
        );
    }
}

//! Tests of compiling in a worker, by the flag and by the library, with the command as the worker.

use crate::guests;
use crate::workplace::{ENGINES, TRAPPED, Workplace};
use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};
use wasi_facade::isolate::{Ending, Error, Limits, Worker};
use wasi_facade::{CompileLimits, CompileWorkers, Host, Outcome, Reason, RunLimits, Value, WasiCtx};

fn workers(limits: Limits) -> CompileWorkers {
    CompileWorkers::new(Worker::command(env!("CARGO_BIN_EXE_wasi")), limits).unwrap()
}

fn limits() -> Limits {
    Limits::default().ready(0)
}

/// A module whose compiling takes gigabytes: loops in a row, through each of which a thousand values go.
fn bomb() -> Vec<u8> {
    let values = "i64 ".repeat(1000);
    let mut text = format!(
        "(module (type $t (func (param {values}) (result {values}))) (func (export \"_start\") {}",
        "i64.const 1 ".repeat(1000)
    );
    for _ in 0..2000 {
        text.write_str("loop (type $t) end ").unwrap();
    }
    write!(text, "{}))", "drop ".repeat(1000)).unwrap();
    wat::parse_str(text).unwrap()
}

const ANSWER: &str = r#"(module (memory (export "memory") 1) (func (export "answer") (result i32)
    (local i32) (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 42))))
    (local.get 0)))"#;

#[track_caller]
fn answers(host: &Host) {
    let program = host.compile(ANSWER.as_bytes()).unwrap();
    let mut instance = program.start(WasiCtx::builder().build().unwrap()).unwrap();
    assert_eq!(instance.call("answer", &[]).unwrap(), Outcome::Returned(vec![Value::I32(42)]));
}

#[test]
fn code_of_a_worker_is_that_of_the_host() {
    for module in [ANSWER.to_owned(), guests::says("hello")] {
        let own = Host::new().precompile("guest", module.as_bytes()).unwrap();
        let host = Host::new().compile_in(workers(limits()));
        assert!(host.precompile("guest", module.as_bytes()).unwrap() == own);
    }
}

/// Code depends on these, and code for other settings does not load.
#[test]
fn every_setting_reaches_the_worker() {
    let second = Duration::from_secs(10);
    let host = || Host::new().compile_in(workers(limits()));
    answers(&host());
    answers(&host().timeout(second));
    answers(&host().interruptible().fuel(10_000));
    answers(&host().stack(4 << 20).max_memory(1 << 20));
    answers(&host().pool(3).timeout(second));
    answers(&host().source_lines());
    let program = host().fuel(u64::MAX).compile(ANSWER.as_bytes()).unwrap();
    let program = program.with_limits(RunLimits::default().fuel(20)).unwrap();
    let mut instance = program.start(WasiCtx::builder().build().unwrap()).unwrap();
    assert_eq!(instance.call("answer", &[]).unwrap(), Outcome::OutOfFuel);
}

#[test]
fn an_invalid_module_is_told_as_without_a_worker() {
    let module = br#"(module (func (export "_start") i32.const 1))"#;
    let message = |host: Host| host.compile(module).err().unwrap().to_string();
    assert_eq!(message(Host::new().compile_in(workers(limits()))), message(Host::new()));
}

#[test]
fn a_module_that_takes_too_much_ends_its_worker_and_nothing_else() {
    let host = Host::new().compile_limits(CompileLimits::unlimited());
    let host = host.compile_in(workers(limits().memory(256 << 20)));
    let error = host.compile(&bomb()).err().unwrap();
    let Reason::Worker(Error::Ended(Ending::Killed { signal: 6, .. })) = error.reason() else {
        panic!("{error}")
    };
    assert!(error.to_string().contains("without memory, of which it may have 268435456 bytes"), "{error}");
    answers(&host);
}

#[test]
fn a_module_that_takes_too_long_ends_with_its_time() {
    let host = Host::new().compile_limits(CompileLimits::unlimited());
    let slow = host.clone().compile_in(workers(limits()).time(Duration::from_millis(300)));
    let started = Instant::now();
    let error = slow.compile(&bomb()).err().unwrap();
    assert!(matches!(error.reason(), Reason::Worker(Error::TimedOut)), "{error}");
    // It takes minutes where nobody ends it.
    assert!(started.elapsed() < Duration::from_secs(20));
    let workers = workers(limits());
    let interrupt = workers.interrupt_handle();
    let slow = host.compile_in(workers);
    let error = thread::scope(|scope| {
        let compiling = scope.spawn(|| slow.compile(&bomb()).err().unwrap());
        interrupt.interrupt();
        compiling.join().unwrap()
    });
    assert!(matches!(error.reason(), Reason::Worker(Error::Interrupted)), "{error}");
}

#[test]
fn a_program_that_is_no_worker_is_named() {
    let workers = CompileWorkers::new(Worker::command("/bin/true"), limits()).unwrap();
    let error = Host::new().compile_in(workers).compile(ANSWER.as_bytes()).err().unwrap().to_string();
    assert!(
        error.starts_with("the module is not compiled: the worker `/bin/true` does not start: "),
        "{error}"
    );
    let workers = CompileWorkers::new(Worker::command("/nowhere/wasi"), limits()).unwrap();
    let error = Host::new().compile_in(workers).compile(ANSWER.as_bytes()).err().unwrap().to_string();
    assert!(error.contains("`/nowhere/wasi` does not start: No such file"), "{error}");
}

#[test]
fn the_command_compiles_in_a_worker() {
    let place = Workplace::with(&guests::says("hello"));
    assert_eq!(place.wasi("--no-cache --compile-worker guest.wat").quiet(0), "hello");
    // Compiled by the one and kept, and found by the other.
    for flags in ["--compile-worker", "--compile-worker", ""] {
        assert_eq!(place.wasi(&format!("{flags} guest.wat")).quiet(0), "hello");
    }
    place.wasi("compile --compile-worker guest.wat -o guest.cwasm").quiet(0);
    assert_eq!(place.wasi("--allow-precompiled guest.cwasm").quiet(0), "hello");
    let message = "guest.wat is not compiled: the worker was killed: the time for its answer is up; give it more with \
                   `--compile-time`";
    place.wasi("--no-cache --compile-worker --compile-time 1ns guest.wat").complains(1, message);
    let ran = place.wasi("--no-cache --compile-worker --compile-memory 1M guest.wat");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for flag in ["--compile-time 1s", "--compile-memory 1G"] {
        let message = "is of no use without `--compile-worker`; add that";
        place.wasi(&format!("{flag} guest.wat")).misused(message);
        place.wasi(&format!("compile {flag} guest.wat -o x")).misused(message);
    }
    let message = "`--compile-worker` is of no use with an interpreter; leave it out";
    place.wasi("--compile-worker --engine wasmi guest.wat").misused(message);
}

#[test]
fn strangers_are_bounded() {
    let place = Workplace::with(&guests::says("hello"));
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("--untrusted {engine} guest.wat")).quiet(0), "hello");
    }
    for flag in ["--source-lines", "--allow-precompiled", "--inherit-env"] {
        place.wasi(&format!("--untrusted {flag} guest.wat")).misused("cannot be used with");
    }
    let grows = |pages: u32| {
        let grow =
            format!("(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then unreachable))");
        guests::command(&grow, "")
    };
    place.write("large.wat", grows((257 << 20) >> 16));
    for engine in ENGINES {
        assert_eq!(place.wasi(&format!("--untrusted {engine} large.wat")).code, Some(TRAPPED));
        place.wasi(&format!("--untrusted --max-memory 300M {engine} large.wat")).quiet(0);
        place.wasi(&format!("{engine} large.wat")).quiet(0);
    }
    place.write("endless.wat", guests::command("(loop (br 0))", ""));
    let ran = place.wasi("--untrusted --timeout 200ms endless.wat");
    ran.complains(124, "endless.wat did not end within 200ms; give it more time with `--timeout`");
}

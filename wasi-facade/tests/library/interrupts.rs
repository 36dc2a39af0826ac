//! A run can be ended from another thread, whatever the guest does.

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;
use wasi_facade::{Contexts, Engine, Host, Limits, Outcome, Sink, Source, WasiCtx};

/// A guest that writes a byte to standard error, and then does `then` for ever.
fn module(then: &str) -> Vec<u8> {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (memory (export "memory") 4)
        (data (i32.const 0) "\00\01\00\00\01\00\00\00" "\00\01\00\00\00\00\01\00")
        (func (export "_start")
            (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
            ;; A subscription to the monotonic clock, in a year or so.
            (i32.store (i32.const 144) (i32.const 1))
            (i64.store (i32.const 152) (i64.const 0x7fffffffffffff))
            (loop $again THEN (br $again))))"#;
    wat::parse_str(text.replace("THEN", then)).unwrap()
}

const COMPUTES: &str = "";
const YIELDS: &str = "(drop (call $yield))";
const SLEEPS: &str = "(drop (call $poll (i32.const 128) (i32.const 512) (i32.const 1) (i32.const 32)))";
const READS: &str = "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))";
const ACCEPTS: &str = "(drop (call $accept (i32.const 3) (i32.const 0) (i32.const 32)))";
const FILLS_A_PIPE: &str = "(drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))";

#[test]
fn whatever_the_guest_does() {
    for engine in Engine::ALL {
        for then in [COMPUTES, YIELDS, SLEEPS, READS, ACCEPTS, FILLS_A_PIPE] {
            let program = Host::new().engine(*engine).interruptible().compile(&module(then)).unwrap();
            let (stdin, _to_guest) = Source::pipe().unwrap();
            let (stdout, _from_guest) = Sink::pipe().unwrap();
            let (stderr, mut is_about_to) = Sink::pipe().unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut builder = WasiCtx::builder();
            builder.stdin(stdin).stdout(stdout).stderr(stderr).preopen_listener(listener);
            let contexts = Contexts::from(builder.build().unwrap());
            let interrupter = contexts.interrupter();
            let waits = std::thread::spawn(move || {
                is_about_to.read_exact(&mut [0]).unwrap();
                interrupter.interrupt();
            });
            assert_eq!(program.run(contexts).unwrap(), Outcome::Interrupted, "{engine}: {then}");
            waits.join().unwrap();
        }
    }
}

/// An interrupt that comes first counts, and one that comes last changes nothing.
#[test]
fn early_and_late() {
    for engine in Engine::ALL {
        let host = Host::new().engine(*engine).interruptible();
        let program = host.compile(&module(COMPUTES)).unwrap();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        drop(contexts.interrupter().on_drop());
        assert!(contexts.interrupter().is_raised());
        assert_eq!(program.run(contexts).unwrap(), Outcome::Interrupted);

        let short = host.compile(&wat::parse_str(r#"(module (func (export "_start")))"#).unwrap()).unwrap();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        let interrupter = contexts.interrupter();
        assert_eq!(short.run(contexts).unwrap(), Outcome::Exited(0));
        interrupter.interrupt();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        assert_eq!(short.run(contexts).unwrap(), Outcome::Exited(0), "another run is not meant");
    }
}

/// Without checks in its code, a guest ends with its next call that could wait.
#[test]
fn host_calls_end_in_any_program() {
    for engine in Engine::ALL {
        let program = Host::new().engine(*engine).compile(&module(SLEEPS)).unwrap();
        let contexts = Contexts::from(WasiCtx::builder().build().unwrap());
        contexts.interrupter().interrupt();
        assert_eq!(program.run(contexts).unwrap(), Outcome::Interrupted);
    }
}

/// The longest sleep ends a wait, not the guest, so the timeout is what ends this one.
#[test]
fn a_timeout_ends_a_guest_that_sleeps_again_and_again() {
    for engine in Engine::ALL {
        let mut limits = Limits::default();
        limits.max_sleep = Duration::from_micros(10);
        let context = WasiCtx::builder().limits(limits).build().unwrap();
        let host = Host::new().engine(*engine).timeout(Duration::from_millis(20));
        assert_eq!(host.run(&module(SLEEPS), context).unwrap(), Outcome::Interrupted);
    }
}

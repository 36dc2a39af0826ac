//! The smoke test on each engine: a guest writes to standard output, and learns the number of bytes written.

use engine_tests::{Binding, Engine, Guest, Make, on};
use wasi_policy::{Flags, Gate, Permit};
use wasi_snapshot::{Sink, Snapshot, WasiCtx};

/// Writes six bytes to standard output, and gives the errno and how many were written.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    (func (export "run") (result i32)
        (i32.or
            (i32.shl (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)) (i32.const 8))
            (i32.load (i32.const 20)))))"#;

struct Check;

impl Make for Check {
    type Made = fn();

    fn make<E: Engine>() -> fn() {
        || {
            let (stdout, captured) = Sink::capture(64);
            let context = WasiCtx::builder().stdout(stdout).build().unwrap();
            let permit: Permit<Snapshot> = Gate::new(Flags::none()).permit().unwrap();
            let started = E::start(GUEST.as_bytes(), permit, context, Binding::Lookup).unwrap();
            let mut guest = started.guest;
            assert_eq!(guest.call("run", &[]), Ok(Some(6)));
            assert_eq!(captured.bytes(), b"hello\n");
        }
    }
}

#[test]
fn wasmtime() {
    on::<Check>("wasmtime");
}

#[test]
fn wasmi() {
    on::<Check>("wasmi");
}

#[test]
fn wasmer() {
    on::<Check>("wasmer");
}

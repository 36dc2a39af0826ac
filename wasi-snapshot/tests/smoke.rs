//! The smoke test on each engine: a guest writes to standard output, and learns the number of bytes written.

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

fn check(run: fn(Permit<Snapshot>, &str, WasiCtx) -> i32) {
    let (stdout, captured) = Sink::capture(64);
    let context = WasiCtx::builder().stdout(stdout).build().unwrap();
    let permit = Gate::new(Flags::none()).permit().unwrap();
    assert_eq!(run(permit, GUEST, context), 6);
    assert_eq!(captured.bytes(), b"hello\n");
}

#[test]
fn wasmtime() {
    check(engine_tests::wasmtime);
}

#[test]
fn wasmi() {
    check(engine_tests::wasmi);
}

//! A host of plugins: one compiled module, ten thousand short guests, each with an instance, a memory and a
//! context of its own.
//!
//! [`Host::compile`] compiles and links once; [`Program::run`](wasi_facade::Program::run) only instantiates.
//! Programs can be shared between threads, so the guests run on all processors.

use std::thread;
use std::time::Instant;
use wasi_facade::snapshot::{Sink, Source};
use wasi_facade::{Host, Outcome, WasiCtx};

/// Copies what it reads to its standard output.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\40\00\00\00\40\00\00\00")
    (func (export "_start")
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

const GUESTS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = Host::new().compile(&wat::parse_str(GUEST)?)?;
    let threads = thread::available_parallelism()?.get();
    let before = Instant::now();
    thread::scope(|scope| {
        for first in 0..threads {
            let program = &program;
            scope.spawn(move || {
                for number in (first..GUESTS).step_by(threads) {
                    let request = format!("request {number}");
                    let (stdout, answer) = Sink::capture(64);
                    let stdin = Source::bytes(request.as_bytes());
                    let ctx = WasiCtx::builder().stdin(stdin).stdout(stdout).build().unwrap();
                    assert_eq!(program.run(ctx).unwrap(), Outcome::Exited(0));
                    assert_eq!(answer.bytes(), request.as_bytes());
                }
            });
        }
    });
    let rate = GUESTS as f64 / before.elapsed().as_secs_f64();
    println!("{GUESTS} guests on {threads} threads: {rate:.0} a second");
    Ok(())
}

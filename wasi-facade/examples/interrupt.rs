//! Ends guests from another thread: one that computes and one that waits for input that never comes.
//!
//! [`Host::interruptible`] has compiled code look now and then whether it should end. For a guest that waits
//! in a host call it is not needed.

use std::io::Read;
use std::time::Instant;
use wasi_facade::snapshot::{Sink, Source};
use wasi_facade::{Contexts, Host, Outcome, WasiCtx};

/// Says that it runs, reads, and computes for ever.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\01\00\00\00.")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 20)))
        (loop $again (br $again))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = Host::new().interruptible().compile(&wat::parse_str(GUEST)?)?;
    let (never, _keep_open) = Source::pipe()?;
    for (what, stdin) in [("computes", Source::empty()), ("waits for input", never)] {
        let (stdout, mut is_running) = Sink::pipe()?;
        let contexts = Contexts::from(WasiCtx::builder().stdin(stdin).stdout(stdout).build()?);
        let interrupter = contexts.interrupt_handle();
        let host = std::thread::spawn(move || -> std::io::Result<Instant> {
            is_running.read_exact(&mut [0])?;
            interrupter.interrupt();
            Ok(Instant::now())
        });
        assert_eq!(program.run(contexts)?, Outcome::Interrupted);
        let ended = Instant::now();
        let interrupted = host.join().map_err(|_| "the host's thread panicked")??;
        println!("a guest that {what} ended {:?} after the interrupt", ended - interrupted);
    }
    Ok(())
}

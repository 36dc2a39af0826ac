//! Runs guests from tokio without keeping its workers waiting.
//!
//! A guest is synchronous, so it runs on a thread for blocking work, of which tokio has hundreds. Such a task
//! cannot be aborted, so the future that waits for it holds a guard that interrupts the guest when the future
//! is dropped: by a timeout, `select!`, or a client that hangs up.

use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinSet, spawn_blocking};
use wasi_facade::snapshot::{Sink, Source};
use wasi_facade::{Contexts, Host, Outcome, Program, WasiCtx};

/// Runs a guest; dropping the future ends it.
async fn run(program: Arc<Program>, ctx: WasiCtx) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
    let contexts = Contexts::from(ctx);
    let _ends_with_us = contexts.interrupt_handle().on_drop();
    Ok(spawn_blocking(move || program.run(contexts)).await??)
}

/// A guest that writes a byte to standard output, and then does `then`.
fn guest(then: &str) -> Result<Vec<u8>, wat::Error> {
    wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            ;; A buffer of one byte, and a subscription to the monotonic clock in an hour.
            (data (i32.const 0) "\40\00\00\00\01\00\00\00")
            (data (i32.const 144) "\01\00\00\00\00\00\00\00\00\a0\b8\30\46\03\00\00")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
                {then}))"#
    ))
}

const READS: &str = "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))";
const SLEEPS: &str = "(drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 32)))";
const COMPUTES: &str = "(loop $again (br $again))";

/// Waits for the guest's byte, and gives the rest of its output back.
async fn started(mut output: File) -> Result<File, Box<dyn Error + Send + Sync>> {
    Ok(spawn_blocking(move || output.read_exact(&mut [0]).map(|()| output)).await??)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let host = Host::new().interruptible();
    let reads = Arc::new(host.compile(&guest(READS)?)?);

    // Fifty guests wait for what one task gives them, once all of them have started. Were one of them on the
    // runtime's only worker, that task would never come to its turn, and nobody would ever end.
    let (mut guests, mut pipes) = (JoinSet::new(), Vec::new());
    for _ in 0..50 {
        let ((stdin, input), (stdout, output)) = (Source::pipe()?, Sink::pipe()?);
        pipes.push((input, output));
        guests.spawn(run(Arc::clone(&reads), WasiCtx::builder().stdin(stdin).stdout(stdout).build()?));
    }
    let feeds = tokio::spawn(async move {
        let mut inputs = Vec::new();
        for (input, output) in pipes {
            started(output).await?;
            inputs.push(input);
        }
        for mut input in inputs {
            input.write_all(b"!")?;
        }
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    });
    let outcomes = guests.join_all().await;
    feeds.await??;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::Exited(0)))));
    println!("{} guests waited, and the worker did not", outcomes.len());

    // A future that is given up takes its guest along, whatever that does.
    for then in [READS, SLEEPS, COMPUTES] {
        let program = Arc::new(host.compile(&guest(then)?)?);
        let (stdin, _stays_open) = Source::pipe()?;
        let (stdout, output) = Sink::pipe()?;
        let ctx = WasiCtx::builder().stdin(stdin).stdout(stdout).build()?;
        let mut output = tokio::select! {
            outcome = run(program, ctx) => return Err(format!("it ended by itself: {outcome:?}").into()),
            output = started(output) => output?,
        };
        // Its output is closed once the guest's context is gone, and until then this read waits.
        assert_eq!(spawn_blocking(move || output.read(&mut [0])).await??, 0);
    }
    println!("guests that read, sleep and compute ended with their futures");

    // A timeout is the same, with the time as what comes first.
    let sleeps = Arc::new(host.compile(&guest(SLEEPS)?)?);
    let outcome = tokio::time::timeout(Duration::from_millis(20), run(sleeps, WasiCtx::builder().build()?));
    assert!(outcome.await.is_err(), "it would have slept for an hour");
    println!("a guest that sleeps for an hour had 20 milliseconds");
    Ok(())
}

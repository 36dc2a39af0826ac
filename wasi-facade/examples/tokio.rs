//! Runs guests from tokio without keeping its workers waiting.
//!
//! A guest is synchronous, so it runs on a thread for blocking work, of which tokio has hundreds. Such a task
//! cannot be aborted, so the future that waits for it holds a guard that interrupts the guest when the future
//! is dropped: by a timeout, `select!`, or a client that hangs up.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use wasi_facade::{Contexts, Host, Outcome, Program, Sink, WasiCtx};

/// Runs a guest; dropping the future ends it.
async fn run(program: Arc<Program>, ctx: WasiCtx) -> Result<Outcome, Box<dyn std::error::Error>> {
    let contexts = Contexts::from(ctx);
    let _ends_with_us = contexts.interrupter().on_drop();
    Ok(tokio::task::spawn_blocking(move || program.run(contexts)).await??)
}

/// Sleeps for 100 milliseconds.
const SLEEPS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 144) (i32.const 1))
        (i64.store (i32.const 152) (i64.const 100000000))
        (drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 32)))))"#;

/// Computes for ever. When it ends, its standard output is closed.
const SPINS: &str = r#"(module (func (export "_start") (loop $again (br $again))))"#;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::new().interruptible();
    let sleeps = Arc::new(host.compile(&wat::parse_str(SLEEPS)?)?);
    let spins = Arc::new(host.compile(&wat::parse_str(SPINS)?)?);

    // Fifty guests sleep, on two workers, and the timer ticks all the same.
    let ticks = tokio::spawn(async {
        let mut interval = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..10 {
            interval.tick().await;
        }
    });
    let mut guests = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (program, ctx) = (Arc::clone(&sleeps), WasiCtx::builder().build()?);
        guests.spawn(async move { run(program, ctx).await.map_err(|error| error.to_string()) });
    }
    ticks.await?;
    assert!(!guests.is_empty());
    let outcomes = guests.join_all().await;
    assert!(outcomes.len() == 50 && outcomes.iter().all(|outcome| *outcome == Ok(Outcome::Exited(0))));
    println!("{} guests slept while the timer ticked", outcomes.len());

    // A future that is given up takes its guest along.
    let (stdout, mut is_open) = Sink::pipe()?;
    let ctx = WasiCtx::builder().stdout(stdout).build()?;
    let outcome = tokio::time::timeout(Duration::from_millis(20), run(spins, ctx)).await;
    assert!(outcome.is_err(), "it would have computed for ever");
    // The pipe is closed once the guest's context is gone.
    let read = tokio::task::spawn_blocking(move || is_open.read(&mut [0])).await??;
    assert_eq!(read, 0);
    println!("the guest ended with its future");
    Ok(())
}

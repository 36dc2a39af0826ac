//! Tests of workers: what they may do, what becomes of those that misbehave, and of their hosts.
//!
//! The worker is this very program, started with the name of the test that serves.
#![cfg(target_os = "linux")]

mod confined;
mod deeds;
mod hosts;
mod liar;
mod misbehaving;
mod pools;
mod start;

use std::time::{Duration, Instant};
use wasi_isolate::{Error, Limits, Pool, Process, Worker};
use wasi_policy::InterruptHandle;

/// This program as a worker, whose test of that name is what its `main` would be.
fn program(test: &str) -> Worker {
    let own = std::env::current_exe().unwrap();
    // On the first thread, as a worker's `main` is.
    Worker::command(own).arg("--exact").arg(test).arg("--nocapture").arg("--test-threads=1")
}

/// Workers that do what they are told, see `deeds.rs`.
fn pool(limits: Limits) -> Pool {
    Pool::new(program("deeds::serves"), "deeds", b"config", limits).unwrap()
}

/// Limits without workers ahead, which tests that count them would have to subtract.
fn limits() -> Limits {
    Limits::default().ready(0)
}

fn taken(pool: &Pool) -> Process {
    pool.take(None, &InterruptHandle::default()).unwrap()
}

/// Has a worker do something.
fn told(process: &mut Process, deed: &str) -> Result<String, Error> {
    told_until(process, deed, None)
}

fn told_until(process: &mut Process, deed: &str, time: Option<Duration>) -> Result<String, Error> {
    let deadline = time.map(|time| Instant::now() + time);
    let answer = process.ask(deed.as_bytes(), deadline, &InterruptHandle::default())?;
    Ok(String::from_utf8(answer).unwrap())
}

//! Runs a guest twice, and gets the same bytes: time stands still but for the guest's own sleeps, which take
//! none of ours, and chance follows from a seed.

use std::time::{Duration, Instant, SystemTime};
use wasi_facade::snapshot::Sink;
use wasi_facade::{Host, Outcome, WasiCtx};

/// Writes eight random bytes, sleeps for an hour, and writes what the clock shows then.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\10\00\00\00")
    (func (export "_start")
        (drop (call $random (i32.const 8) (i32.const 8)))
        ;; A subscription: the monotonic clock, in 3600 seconds.
        (i32.store (i32.const 144) (i32.const 1))
        (i64.store (i32.const 152) (i64.const 3600000000000))
        (drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 32)))
        (drop (call $time (i32.const 0) (i64.const 0) (i32.const 16)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = Host::new().compile(&wat::parse_str(GUEST)?)?;
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let run = |seed| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let (stdout, captured) = Sink::capture(64);
        let ctx = WasiCtx::builder().deterministic(seed, start).stdout(stdout).build()?;
        assert_eq!(program.run(ctx)?, Outcome::Exited(0));
        Ok(captured.bytes())
    };
    let before = Instant::now();
    let first = run(1)?;
    assert_eq!(first, run(1)?);
    assert_ne!(first, run(2)?);
    assert!(before.elapsed() < Duration::from_secs(3600));

    let shown = Duration::from_nanos(u64::from_le_bytes(first[8..].try_into()?));
    assert_eq!(shown.as_secs(), 1_000_000_000 + 3600);
    println!("the guest slept for an hour, and we for {:?}", before.elapsed());
    Ok(())
}

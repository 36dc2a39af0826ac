//! Keeps what a guest writes, within a limit, and shows it as it comes.
//!
//! The guest counts without end. One host wants the first bytes and ends the guest after them; another lets it
//! go on and reads along through a pipe until it has seen enough.

use std::io::{BufRead, BufReader};
use wasi_facade::snapshot::{OnLimit, Sink};
use wasi_facade::{Host, Outcome, WasiCtx};

/// Writes `tick` again and again, until writing fails.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\05\00\00\00tick\n")
    (func (export "_start")
        (loop $again
            (br_if $again (i32.eqz
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = Host::new().compile(&wat::parse_str(GUEST)?)?;

    // Too much output is the guest's end.
    let (stdout, captured) = Sink::capture_with(12, OnLimit::Trap);
    let outcome = program.run(WasiCtx::builder().stdout(stdout).build()?)?;
    assert!(matches!(outcome, Outcome::Trapped(_)), "{outcome:?}");
    assert_eq!(captured.bytes(), b"tick\ntick\nti");
    assert!(captured.is_truncated());

    // Or the guest is told, and decides.
    let (stdout, captured) = Sink::capture(12);
    assert_eq!(program.run(WasiCtx::builder().stdout(stdout).build()?)?, Outcome::Exited(0));
    assert_eq!(captured.bytes().len(), 12);

    // Line by line while it runs; closing our end of the pipe is what the guest's writing fails with.
    let (stdout, pipe) = Sink::pipe()?;
    let ctx = WasiCtx::builder().stdout(stdout).build()?;
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| BufReader::new(pipe).lines().take(1000).collect::<Result<Vec<_>, _>>());
        assert_eq!(program.run(ctx)?, Outcome::Exited(0));
        let lines = reader.join().map_err(|_| "the reader panicked")??;
        assert!(lines.len() == 1000 && lines.iter().all(|line| line == "tick"));
        println!("{} lines, the last one {:?}", lines.len(), lines.last());
        Ok(())
    })
}

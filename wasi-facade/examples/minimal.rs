//! Runs a guest with arguments and the host's standard streams, and nothing else: no files, no environment.

use wasi_facade::{Host, Outcome, WasiCtx};

/// Says hello.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = wat::parse_str(GUEST)?;
    let ctx = WasiCtx::builder().args(["hello"]).inherit_stdio().build()?;
    assert_eq!(Host::new().run(&module, ctx)?, Outcome::Exited(0));
    Ok(())
}

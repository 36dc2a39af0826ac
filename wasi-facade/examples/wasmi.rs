//! Runs a guest on the interpreter wasmi, without a line of Wasmtime in the program:
//!
//! ```toml
//! wasi-facade = { version = "0.1", default-features = false, features = ["snapshot", "wasmi"] }
//! ```

use wasi_facade::{Engine, Host, Outcome, WasiCtx};

/// Exits with 42.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const 42))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = wat::parse_str(GUEST)?;
    // Where wasmi is the only engine, it is the default one.
    let host = Host::new().engine(Engine::Wasmi).fuel(1_000_000);
    assert_eq!(host.run(&module, WasiCtx::builder().build()?)?, Outcome::Exited(42));
    Ok(())
}

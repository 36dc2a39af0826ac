//! A host that compiles a module within limits and runs it, on each engine.

use crate::End;
use crate::watch::Bounds;
use std::time::Duration;
use wasi_facade::{CompileLimits, Engine, Host, Outcome, WasiCtx};

/// How long a guest may run.
const TIMEOUT: Duration = Duration::from_millis(300);

/// What its memories may take.
const MEMORY: usize = 16 << 20;

/// The longest sentence about a module, and the longest backtrace.
const MAX_TEXT: usize = 64 << 10;

/// A sixteenth of the values that the defaults allow, so that a run that reaches them is a short one.
fn limits() -> CompileLimits {
    let defaults = CompileLimits::default();
    let mut limits = defaults.clone();
    limits.max_module_bytes = 1 << 20;
    limits.max_function_bytes = defaults.max_function_bytes / 2;
    limits.max_function_values = defaults.max_function_values / 16;
    limits.max_function_passed = defaults.max_function_passed / 16;
    limits.max_function_live = defaults.max_function_live / 16;
    limits.max_module_values = defaults.max_function_values / 8;
    limits.max_module_passed = defaults.max_function_passed / 8;
    limits.max_module_live = defaults.max_function_live / 8;
    limits
}

/// Both timeouts, and a compiler that has all that the limits allow.
pub(super) const LONGEST: Duration = Duration::from_secs(7);

/// What the limits leave to a module of so many bytes, on two engines one after the other: two kilobytes for each value
/// that goes along control flow, which is what Wasmtime takes, some hundred bytes for a byte of code, and what a guest's
/// memories and tables take.
pub(super) fn bounds(len: usize) -> Bounds {
    let limits = limits();
    let passed = usize::try_from(limits.max_module_passed).unwrap_or(usize::MAX);
    let tables = 10_000_000 * 16;
    Bounds { memory: (64 << 20) + tables + MEMORY + passed * 2048 + len * 400, time: LONGEST }
}

/// Compiles and runs a module on each engine.
pub(super) fn run(module: &[u8]) -> Result<End, String> {
    let mut end = End::Refused(String::new());
    for engine in Engine::ALL {
        let ctx = WasiCtx::builder().build().map_err(|error| error.to_string())?;
        let host = Host::new()
            .engine(*engine)
            .compile_limits(limits())
            .timeout(TIMEOUT)
            .max_memory(MEMORY)
            .fuel(50_000_000);
        let outcome = host.run(module, ctx);
        match &outcome {
            Ok(_) => end = End::Done,
            Err(error) if end != End::Done => end = End::Refused(error.to_string()),
            Err(_) => {}
        }
        let text = match outcome {
            Ok(Outcome::Trapped(trap) | Outcome::OutOfMemory(trap)) => {
                format!("{}\n{}", trap.reason, trap.backtrace.unwrap_or_default())
            }
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        check(&text).map_err(|problem| format!("{engine}: {problem}"))?;
    }
    Ok(end)
}

/// What reaches a terminal is short, and does not act there.
fn check(text: &str) -> Result<(), String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a text of {} bytes", text.len()));
    }
    let acts = |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
    if text.contains(acts) || text.lines().any(|line| line.starts_with("wasi:")) {
        return Err(format!("a text that acts on a terminal: {text:?}"));
    }
    Ok(())
}

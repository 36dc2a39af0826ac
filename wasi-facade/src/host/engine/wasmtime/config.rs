//! Wasmtime's settings: what today's compilers produce, within bounds.

use super::say;
use crate::host::bounds::Checks;
use crate::host::engine::kind::Engine;
use crate::host::error::Reason;
use crate::host::options::Options;
use wasmtime::{Config, WasmBacktraceDetails};

/// An engine for one program.
pub(super) fn engine(options: &Options, checks: Checks) -> Result<wasmtime::Engine, Reason> {
    let stack = options.stack.unwrap_or(Engine::DEFAULT_STACK);
    let mut config = Config::new();
    config
        .max_wasm_stack(stack)
        // Never used here, but it must not be the smaller of the two.
        .async_stack_size(stack)
        // addr2line recurses once for each inlined function inside another, and nothing bounds how many of those
        // debug information has: 80,000 of them, in 160 KB, overflow the host's stack, which ends the process.
        .wasm_backtrace_details(match options.source_lines {
            true => WasmBacktraceDetails::Enable,
            false => WasmBacktraceDetails::Disable,
        })
        .epoch_interruption(checks.time)
        .consume_fuel(checks.fuel)
        // Programs built for threads run too, as long as they start none. Nobody is asked when a shared
        // memory grows, and no check is made while a guest waits in one, so under a limit of memory or time
        // there is none.
        .shared_memory(options.limits.max_memory.is_none() && !checks.time)
        .concurrency_support(false);
    wasmtime::Engine::new(&config).map_err(|error| Reason::Engine(say(&error)))
}

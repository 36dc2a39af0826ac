//! Wasmtime's settings: what today's compilers produce, within bounds.

use super::say;
use crate::host::bounds::Checks;
use crate::host::engine::kind::Engine;
use crate::host::error::Reason;
use crate::host::options::Options;
use crate::host::shape::Shape;
use wasmtime::{Config, PoolingAllocationConfig, WasmBacktraceDetails};

/// An engine for one program, with room for the instances of a module of that `shape`, if it is known.
pub(super) fn engine(
    options: &Options,
    checks: Checks,
    shape: Option<&Shape>,
) -> Result<wasmtime::Engine, Reason> {
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
    if let (Some(instances), Some(shape)) = (options.pool, shape) {
        config.allocation_strategy(pool(instances, shape));
    }
    wasmtime::Engine::new(&config).map_err(|error| Reason::Engine(say(&error)))
}

/// As much as a memory of 32 bits has, for which the engine reserves addresses in any case. The budget keeps the limit.
const MEMORY: usize = 1 << 32;

/// What a table may grow to, if it is not larger from the start: the largest programs have some hundred thousand
/// functions, of which each entry takes 8 bytes of addresses.
const TABLE: usize = 1 << 18;

/// What is cleared by writing zeros when an instance is gone, which is quicker than asking the system to.
const KEPT: usize = 1 << 16;

/// More than the engine keeps about any instance.
const INSTANCE: usize = 1 << 30;

/// Room for so many instances of a module of that `shape`.
fn pool(instances: u32, shape: &Shape) -> PoolingAllocationConfig {
    let Shape { memories, tables, largest_table, .. } = *shape;
    // Objects, which exceptions are, have a memory of their own in each store.
    let all_memories = instances.saturating_mul(memories.saturating_add(1));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(instances)
        .max_core_instance_size(INSTANCE)
        .total_gc_heaps(instances)
        .total_memories(all_memories)
        .max_memories_per_module(memories)
        .max_memory_size(MEMORY)
        .linear_memory_keep_resident(KEPT)
        .total_tables(instances.saturating_mul(tables))
        .max_tables_per_module(tables)
        .table_elements(usize::try_from(largest_table).unwrap_or(usize::MAX).max(TABLE))
        .table_keep_resident(KEPT);
    pool
}

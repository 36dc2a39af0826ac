//! `--untrusted`: the settings for a stranger's module, unless the command line has others.

use crate::flags::Run;
use crate::limits::fill;
use std::time::Duration;
use wasi_facade::snapshot::Limits;
use wasi_facade::{CompileLimits, Engine};

/// How long the guest may run.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of the guest's memories.
const MEMORY: usize = 256 << 20;

/// Makes the flags strict, but for those that the user has set.
pub(crate) fn apply(flags: &mut Run) {
    if !flags.untrusted {
        return;
    }
    flags.timeout.get_or_insert(TIMEOUT);
    flags.max_memory.get_or_insert(MEMORY);
    // wasmi compiles function by function while the guest runs, within its time.
    flags.compiling.compile_worker |= flags.engine == Engine::Wasmtime;
    fill(&mut flags.limits, limits());
    fill(&mut flags.compile_limits, compile_limits());
}

/// What the guest may make the host spend: enough for a tool that reads some files and writes one.
fn limits() -> Limits {
    Limits::default()
        .max_fds(64)
        .max_subscriptions(256)
        .max_listing_bytes(1 << 20)
        .max_written_bytes(256 << 20)
        .max_created_entries(1 << 10)
}

/// What the largest known programs come to, and little more.
fn compile_limits() -> CompileLimits {
    let most = CompileLimits::default();
    CompileLimits::default()
        .max_module_bytes(64 << 20)
        .max_module_values(most.max_module_values / 4)
        .max_module_passed(most.max_module_passed / 2)
        .max_module_live(most.max_module_live / 4)
}

#[cfg(test)]
mod tests {
    use super::{MEMORY, TIMEOUT, compile_limits, limits};
    use crate::limits::{Limited, differences};

    /// The table in SECURITY.md is what happens.
    #[test]
    fn the_table_says_what_it_sets() {
        let security = include_str!("../../../../SECURITY.md");
        let mut rows = vec![
            format!("| `--timeout` | none | {} |", humantime::format_duration(TIMEOUT)),
            format!("| `--max-memory` | none | {}M |", MEMORY >> 20),
        ];
        rows.extend(rows_of("--limit", limits()));
        rows.extend(rows_of("--compile-limit", compile_limits()));
        for row in rows {
            assert!(security.contains(&row), "SECURITY.md lacks the row {row}");
        }
    }

    fn rows_of<L: Limited>(flag: &str, strict: L) -> Vec<String> {
        let row = |(name, default, value)| format!("| `{flag} {name}` | {default} | {value} |");
        differences(strict).into_iter().map(row).collect()
    }
}

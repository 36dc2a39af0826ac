//! `cargo xtask fuzz`: looks for modules, models and calls that cost a host more than its limits allow.
//!
//! The crate `fuzz` does the looking. It is built as its tests are, so that nothing is compiled that they do not need,
//! and with their checks of overflows.

use crate::project::{self, WHOLE};
use anyhow::{Context, Result};
use xshell::cmd;

/// Looks at one target, or at all of them, for so many seconds each.
pub(crate) fn run(target: Option<&str>, seconds: u64, seed: Option<u64>) -> Result<()> {
    let shell = project::shell()?;
    cmd!(shell, "cargo test {WHOLE...} --test replay --no-run")
        .run()
        .context("the crate `fuzz` does not build")?;
    let command = project::target().join("debug").join(format!("fuzz{}", std::env::consts::EXE_SUFFIX));
    let seconds = format!("--seconds={seconds}");
    let seed = seed.map(|seed| format!("--seed={seed}"));
    // Findings are told as they come; what is wrong with the arguments, by the command.
    cmd!(shell, "{command} search {seconds} {seed...} {target...}")
        .env("RUST_BACKTRACE", "0")
        .quiet()
        .run()?;
    Ok(())
}

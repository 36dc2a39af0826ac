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
    let arguments = arguments(target, seconds, seed);
    // Findings are told as they come; what is wrong with the arguments, by the command.
    cmd!(shell, "{command} {arguments...}").env("RUST_BACKTRACE", "0").quiet().run()?;
    Ok(())
}

fn arguments(target: Option<&str>, seconds: u64, seed: Option<u64>) -> Vec<String> {
    let mut arguments = vec!["search".to_owned(), "--seconds".to_owned(), seconds.to_string()];
    arguments.extend(seed.map(|seed| format!("--seed={seed}")));
    arguments.extend(target.map(str::to_owned));
    arguments
}

#[cfg(test)]
mod tests {
    use super::arguments;

    /// What the command makes of them is tested in the crate `fuzz`.
    #[test]
    fn what_is_not_said_is_left_to_the_command() {
        assert_eq!(arguments(None, 60, None), ["search", "--seconds", "60"]);
        let all = arguments(Some("model"), 7, Some(9));
        assert_eq!(all, ["search", "--seconds", "7", "--seed=9", "model"]);
    }
}

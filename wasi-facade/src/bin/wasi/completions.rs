//! `wasi completions`: prints the script by which a shell completes the command line.

use crate::failure::Failure;
use crate::flags::{Cli, Completions};
use crate::output::print;
use clap::CommandFactory;

/// Prints the script for a shell.
pub(crate) fn completions(flags: &Completions) -> Result<u32, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut Cli::command(), "wasi", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

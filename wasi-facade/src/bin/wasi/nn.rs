//! Inference: its flags, the guest's context for it, and the commands about models, `wasi nn`.

pub(crate) mod context;
pub(crate) mod flags;
mod inspect;
pub(crate) mod limits;

use crate::failure::Failure;
use flags::Nn;

/// Runs a subcommand.
pub(crate) fn nn(command: &Nn) -> Result<u32, Failure> {
    match command {
        Nn::Inspect(flags) => inspect::inspect(flags),
    }
}

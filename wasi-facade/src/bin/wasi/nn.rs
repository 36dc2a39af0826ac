//! Inference: its flags, the guest's context for it, and the commands about models, `wasi nn`.

pub(crate) mod context;
pub(crate) mod flags;
pub(crate) mod graphs;
mod inspect;
pub(crate) mod limits;
mod remote;
mod shapes;
pub(crate) mod stats;
pub(crate) mod worker;

use crate::failure::{Failure, complain, printable};
use crate::log;
use flags::Nn;

/// Runs a subcommand.
pub(crate) fn nn(command: &Nn) -> Result<u32, Failure> {
    match command {
        Nn::Inspect(flags) => inspect::inspect(flags),
    }
}

/// Says why the guest's last call that failed did so, unless the log has said it: the guest was told a number.
///
/// * `reason`: the function, a colon, and the reason
pub(crate) fn explain(reason: &str) {
    if !reason.split_once(": ").is_some_and(|(_, why)| log::has_said(why)) {
        let reason = limits::with_flags(reason);
        complain(printable(format_args!("note: the guest's last failed call of wasi-nn: {reason}")));
    }
}

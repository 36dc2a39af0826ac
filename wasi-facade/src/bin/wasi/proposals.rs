//! `wasi proposals`: the matrix, under the flags given.

use crate::failure::Failure;
use crate::flags::Policy;
use crate::output::print;
use wasi_facade::policy::{FlagError, Flags};
use wasi_facade::{Host, Status};

/// Prints a line for each proposal.
pub(crate) fn proposals(flags: &Policy) -> Result<u32, Failure> {
    let flags = flags.parse()?;
    let mut table = line(["PROPOSAL", "VERSION", "STAGE", "COMPILED IN", "ALLOWED", "WHY"]);
    for status in Host::new().flags(flags.clone()).proposals() {
        table += &line([
            status.descriptor.name(),
            status.version.unwrap_or("-"),
            &status.descriptor.stage().number().to_string(),
            yes_no(status.version.is_some()),
            yes_no(status.decision.is_ok()),
            &why(&status, &flags),
        ]);
    }
    print(&table)?;
    Ok(0)
}

impl Policy {
    /// The flags, once all of them make sense.
    pub(crate) fn parse(&self) -> Result<Flags, Failure> {
        let parse = || {
            let flags = self.proposals.iter().try_fold(Flags::none(), |flags, flag| flags.parse(flag))?;
            let known: Vec<_> = Host::new().proposals().into_iter().map(|status| status.descriptor).collect();
            flags.check(known.iter())?;
            Ok(flags)
        };
        parse().map_err(|error: FlagError| Failure::usage(format_args!("{error}; see `wasi proposals`")))
    }
}

fn line([name, version, stage, compiled, allowed, why]: [&str; 6]) -> String {
    format!("{name:<12}{version:<10}{stage:<7}{compiled:<13}{allowed:<9}{why}\n")
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn why(status: &Status, flags: &Flags) -> String {
    let name = status.descriptor.name();
    match &status.decision {
        Err(refusal) => refusal.to_string(),
        Ok(()) if flags.get(name).is_some() => format!("`-S {name}` allows it"),
        Ok(()) => format!("it is on by default, as {} may be", status.descriptor.stage()),
    }
}

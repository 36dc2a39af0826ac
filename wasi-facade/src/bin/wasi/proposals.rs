//! `wasi proposals`: prints the matrix, under the flags given.

use crate::failure::Failure;
use crate::flags::Policy;
use crate::output::print;
use crate::way_out;
use wasi_facade::policy::{FlagError, Flags};
use wasi_facade::{Host, Status};

/// The room for a name, unless one needs more.
const NAME_WIDTH: usize = 10;

/// Prints a line for each proposal.
pub(crate) fn proposals(flags: &Policy) -> Result<u32, Failure> {
    let flags = flags.parse()?;
    let statuses = Host::new().flags(flags.clone()).proposals();
    let names = statuses.iter().map(|status| status.descriptor.name().len());
    let width = names.max().unwrap_or_default().max(NAME_WIDTH);
    let line = |[name, version, stage, compiled, allowed, why]: [&str; 6]| {
        format!("{name:<width$}  {version:<10}{stage:<7}{compiled:<13}{allowed:<9}{why}\n")
    };
    let mut table = line(["PROPOSAL", "VERSION", "STAGE", "COMPILED IN", "ALLOWED", "WHY"]);
    for status in statuses {
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
        parse().map_err(|error| match error {
            FlagError::Value { flag, value } => Failure::usage(format_args!(
                "`{value}` in `-S {flag}` is neither `y` nor `n`; see `wasi proposals`"
            )),
            error => Failure::usage(format_args!("{error}; see `wasi proposals`")),
        })
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn why(status: &Status, flags: &Flags) -> String {
    let name = status.descriptor.name();
    match (&status.decision, status.descriptor.untested_reason()) {
        (Err(refusal), _) => way_out::of_refusal(refusal),
        (Ok(()), Some(reason)) => format!("`-S {name}` allows it, though it is not tested ({reason})"),
        (Ok(()), None) if flags.get(name).is_some() => format!("`-S {name}` allows it"),
        (Ok(()), None) => format!("it is on by default, as {} may be", status.descriptor.stage()),
    }
}

#[cfg(test)]
mod tests {
    use super::why;
    use wasi_facade::Status;
    use wasi_facade::policy::{Descriptor, Flags, Gate, Stage};

    #[test]
    fn a_proposal_that_is_not_tested_is_known_by_it() {
        let untested = Descriptor::new("p", Stage::Five).linked_without_flag().untested("it hangs");
        let say = |flags: Flags| {
            let decision = Gate::new(flags.clone()).decide(&untested);
            why(&Status { descriptor: untested, version: None, decision }, &flags)
        };
        assert!(say(Flags::none()).contains("it is not tested (it hangs)"));
        assert_eq!(say(Flags::none().allow("p")), "`-S p` allows it, though it is not tested (it hangs)");
    }
}

//! The advice for a user of the command after a refusal of the library's, which knows no flags.

use wasi_facade::policy::{Refusal, Rule};
use wasi_facade::{Error, Reason, isolate};

/// The error with the way out, if a flag is one.
pub(crate) fn of_error(error: &Error) -> String {
    let way_out = match error.reason() {
        Reason::NotForInterpreter(_) => "; `--engine wasmtime` knows more features".to_owned(),
        Reason::SharedMemory => ", or leave `--timeout` away".to_owned(),
        Reason::UnboundedMemory => ", or leave `--max-memory` away".to_owned(),
        Reason::Precompiled => {
            "; if you made it with `wasi compile` and nobody else can write it, allow it with `--allow-precompiled`"
                .to_owned()
        }
        Reason::Mismatch(_) => " with `wasi compile`".to_owned(),
        Reason::CannotCount => ", or leave `--fuel` away".to_owned(),
        Reason::NoCompiler => "; use `--engine wasmtime`".to_owned(),
        Reason::Refused { refusal, .. } => of_rule(refusal),
        Reason::Unknown { callable: true, .. } => {
            ", or `--trap-unknown-imports` if it does without them".to_owned()
        }
        Reason::NoSuchExport { exports, .. } if !exports.is_empty() => {
            "; `--invoke NAME` runs one of them".to_owned()
        }
        Reason::Worker(isolate::Error::TimedOut) => "; give it more with `--compile-time`".to_owned(),
        Reason::Worker(isolate::Error::Ended(isolate::Ending::Killed { signal: 6, .. })) => {
            "; give it more with `--compile-memory`".to_owned()
        }
        Reason::Limits(_) => "; give it more with `--max-memory`".to_owned(),
        _ => String::new(),
    };
    format!("{error}{way_out}")
}

/// The refusal with the way out.
pub(crate) fn of_refusal(refusal: &Refusal) -> String {
    format!("{refusal}{}", of_rule(refusal))
}

fn of_rule(refusal: &Refusal) -> String {
    let name = refusal.proposal();
    match refusal.rule() {
        Rule::Forbidden => format!("; take `-S {name}=n` away"),
        Rule::StageNeedsFlag(_)
        | Rule::ProposalNeedsFlag(_)
        | Rule::Untested(_)
        | Rule::UntestedPlatform(_) => {
            format!("; allow it with `-S {name}`")
        }
        Rule::Platform(_) => "; run on a platform that its RFC lists".to_owned(),
        // The refusal names the Cargo feature.
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::of_refusal;
    use wasi_facade::policy::{Descriptor, Flags, Gate, Refusal, Stage};

    #[test]
    fn a_refusal_has_the_flag_that_lifts_it() {
        let row = Descriptor::new("p", Stage::One);
        let say = |flags| of_refusal(&Gate::new(flags).decide(&row).unwrap_err());
        assert_eq!(
            say(Flags::none()),
            "the proposal `p` is off: a proposal at stage 1 needs a flag; allow it with `-S p`"
        );
        assert_eq!(
            say(Flags::none().forbid("p")),
            "the proposal `p` is off: it was forbidden by a flag; take `-S p=n` away"
        );
        assert_eq!(
            of_refusal(&Refusal::not_compiled_in(&row)),
            "the proposal `p` is off: it is not compiled in; rebuild with the Cargo feature `p`"
        );
    }
}

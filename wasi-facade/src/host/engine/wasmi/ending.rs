//! The conversion of wasmi's errors into outcomes of a run.

use crate::host::error::{one_line, sentence};
use crate::host::outcome::{Outcome, TrapKind, Trapped};
use wasi_engine_wasmi as adapter;
use wasi_policy::Trap;
use wasmi::TrapCode;

/// How the guest ended, if `error` is about that.
pub(super) fn of(error: &wasmi::Error) -> Option<Outcome> {
    if let Some(trap) = adapter::trap(error) {
        return Some(match trap {
            Trap::Exit(code) => Outcome::Exited(*code),
            Trap::Interrupted => Outcome::Interrupted,
            trap => trapped(TrapKind::Host, sentence(&trap.to_string())),
        });
    }
    match error.as_trap_code()? {
        TrapCode::OutOfFuel => Some(Outcome::OutOfFuel),
        code => Some(trapped(kind(code), code.to_string())),
    }
}

/// The end of a guest that was running, for a reason that has no name.
pub(super) fn unknown(error: &wasmi::Error) -> Outcome {
    trapped(TrapKind::Other, one_line(error))
}

fn trapped(kind: TrapKind, reason: String) -> Outcome {
    Outcome::Trapped(Trapped { reason, backtrace: None, kind })
}

fn kind(code: TrapCode) -> TrapKind {
    match code {
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => TrapKind::TableOutOfBounds,
        TrapCode::IndirectCallToNull => TrapKind::IndirectCallToNull,
        TrapCode::BadSignature => TrapKind::BadSignature,
        TrapCode::IntegerOverflow => TrapKind::IntegerOverflow,
        TrapCode::IntegerDivisionByZero => TrapKind::DivisionByZero,
        TrapCode::BadConversionToInteger => TrapKind::BadConversion,
        TrapCode::StackOverflow => TrapKind::StackOverflow,
        _ => TrapKind::Other,
    }
}

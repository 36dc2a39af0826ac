//! The conversion of Wasmtime's errors into outcomes of a run.

use super::{backtrace, say};
use crate::host::error::sentence;
use crate::host::outcome::{Outcome, TrapKind, Trapped};
use wasi_engine_wasmtime as adapter;
use wasi_policy::Trap;
use wasmtime::{ThrownException, WasmBacktrace};

/// How the guest ended, if `error` is about that.
pub(super) fn of(error: &wasmtime::Error) -> Option<Outcome> {
    if let Some(trap) = adapter::trap(error) {
        return Some(match trap {
            Trap::Exit(code) => Outcome::Exited(*code),
            Trap::Interrupted => Outcome::Interrupted,
            trap => trapped(TrapKind::Host, sentence(&trap.to_string()), error),
        });
    }
    if error.is::<ThrownException>() {
        let reason = "the guest threw an exception that nothing caught".to_owned();
        return Some(trapped(TrapKind::Exception, reason, error));
    }
    match error.downcast_ref::<wasmtime::Trap>()? {
        wasmtime::Trap::Interrupt => Some(Outcome::Interrupted),
        wasmtime::Trap::OutOfFuel => Some(Outcome::OutOfFuel),
        trap => {
            let text = trap.to_string();
            Some(trapped(kind(*trap), text.trim_start_matches("wasm trap: ").to_owned(), error))
        }
    }
}

/// The end of a guest that was running, for a reason that has no name.
pub(super) fn unknown(error: &wasmtime::Error) -> Outcome {
    trapped(TrapKind::Other, say(error), error)
}

fn trapped(kind: TrapKind, reason: String, error: &wasmtime::Error) -> Outcome {
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(backtrace::text);
    Outcome::Trapped(Trapped { reason, backtrace, kind })
}

fn kind(trap: wasmtime::Trap) -> TrapKind {
    use wasmtime::Trap;
    match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull => TrapKind::IndirectCallToNull,
        Trap::BadSignature => TrapKind::BadSignature,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::IntegerDivisionByZero => TrapKind::DivisionByZero,
        Trap::BadConversionToInteger => TrapKind::BadConversion,
        Trap::StackOverflow => TrapKind::StackOverflow,
        Trap::UncaughtException => TrapKind::Exception,
        _ => TrapKind::Other,
    }
}

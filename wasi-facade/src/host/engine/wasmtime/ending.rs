//! What Wasmtime's errors say about how a guest ended.

use super::{backtrace, say};
use crate::host::error::sentence;
use crate::host::{Outcome, Trapped};
use wasi_engine_wasmtime as adapter;
use wasi_policy::Trap;
use wasmtime::{ThrownException, WasmBacktrace};

/// How the guest ended, if `error` is about that.
pub(super) fn of(error: &wasmtime::Error) -> Option<Outcome> {
    if let Some(trap) = adapter::trap(error) {
        return Some(match trap {
            Trap::Exit(code) => Outcome::Exited(*code),
            Trap::Interrupted => Outcome::Interrupted,
            trap => trapped(sentence(&trap.to_string()), error),
        });
    }
    if error.is::<ThrownException>() {
        return Some(trapped("the guest threw an exception that nothing caught".to_owned(), error));
    }
    match error.downcast_ref::<wasmtime::Trap>()? {
        wasmtime::Trap::Interrupt => Some(Outcome::Interrupted),
        wasmtime::Trap::OutOfFuel => Some(Outcome::OutOfFuel),
        trap => {
            let text = trap.to_string();
            Some(trapped(text.trim_start_matches("wasm trap: ").to_owned(), error))
        }
    }
}

/// The end of a guest that was running, for a reason that has no name.
pub(super) fn unknown(error: &wasmtime::Error) -> Outcome {
    trapped(say(error), error)
}

fn trapped(reason: String, error: &wasmtime::Error) -> Outcome {
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(backtrace::text);
    Outcome::Trapped(Trapped { reason, backtrace })
}

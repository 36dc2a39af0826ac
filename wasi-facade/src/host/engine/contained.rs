//! The conversion of a compiler's panic into an error.
//!
//! A compiler has limits of its own, and some end in a panic: Cranelift's, where a function uses more than 65,535
//! globals. What compiles without an error is used, and what panicked leaves nothing behind that anything uses.

use crate::host::error::{Reason, sentence};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasi_policy::panic_message;

/// What `compile` gives, or that it panicked.
pub(in crate::host) fn contained<T>(compile: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|panic| {
        let text = sentence(panic_message(panic.as_ref()));
        Err(Reason::Engine(format!("it panicked while compiling: {text}")))
    })
}

#[cfg(test)]
mod tests {
    use super::contained;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        let error = contained(|| -> Result<(), _> { panic!("too\nmany of {}", 7) }).unwrap_err().to_string();
        assert_eq!(error, "cannot run: the engine says: it panicked while compiling: too many of 7");
    }
}

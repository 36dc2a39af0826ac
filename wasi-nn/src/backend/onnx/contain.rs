//! What the engine does wrong stays here: its panics, and its errors in its own words.

use crate::Error;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tract_onnx::prelude::TractError;

/// Messages quote the model, which may have any length.
const MAX_MESSAGE: usize = 500;

/// Runs `work`, and makes an error of a panic.
///
/// Whatever `work` changed is then in an unknown state, and must not be used again.
pub(super) fn contained<R>(doing: &str, work: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let reason = panic_message(payload.as_ref());
        Err(Error::runtime(shortened(format!("the ONNX engine panicked while {doing}: {reason}"))))
    })
}

/// Drops something of the engine's, and contains what that panics.
pub(super) fn discard<T>(thing: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(thing)));
}

/// An error of the engine's in our terms; one of ours that passed through the engine comes out again.
pub(super) fn explain(doing: &str, error: &TractError) -> Error {
    match error.downcast_ref::<Error>() {
        Some(ours) => ours.clone(),
        None => Error::runtime(shortened(format!("the ONNX engine failed while {doing}: {error:#}"))),
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&'static str>().copied()).unwrap_or("no reason given")
}

fn shortened(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push_str("...");
    }
    message
}

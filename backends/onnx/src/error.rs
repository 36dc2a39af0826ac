//! The conversion of tract's errors into errors of `wasi-nn`, with messages of bounded length.

use tract_onnx::prelude::TractError;
use wasi_nn::Error;

/// Messages quote the model, which may have any length.
const MAX_MESSAGE: usize = 500;

/// An error of the engine's; one of ours that passed through the engine comes out again.
pub(super) fn explain(doing: &str, error: &TractError) -> Error {
    match error.downcast_ref::<Error>() {
        Some(ours) => ours.clone(),
        None => Error::runtime(shortened(format!("the ONNX engine failed while {doing}: {error:#}"))),
    }
}

/// A name that the model has, in quotes: bounded, and without characters that act on a terminal.
pub(super) fn quoted(name: &str) -> String {
    /// Enough for what exporters name things.
    const CHARS: usize = 64;
    let short: String = name.chars().take(CHARS).collect();
    let dots = if short.len() < name.len() { "..." } else { "" };
    format!("`{}{dots}`", short.escape_debug())
}

fn shortened(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push_str("...");
    }
    message
}

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

fn shortened(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push_str("...");
    }
    message
}

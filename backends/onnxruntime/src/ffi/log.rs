//! The library's own log, passed on to the host's.
//!
//! The library repeats there what its errors say, so all of it is for who asks for details.

use std::ffi::{c_char, c_void};
use wasi_nn::Error;
use wasi_nn::backend::contained;
use wasi_nn_native::tidy;

/// Takes a line of the library's, as `OrtLoggingFunction` but for the severity: a later release may have more of them.
pub(super) extern "system" fn take(
    _: *mut c_void,
    severity: i32,
    _category: *const c_char,
    _id: *const c_char,
    place: *const c_char,
    message: *const c_char,
) {
    // A panic must not go through the library; a log that panics has nobody to tell.
    let _: Result<(), Error> = contained(|| {
        // SAFETY: the library gives texts that stay during the call, or null.
        let (place, message) = unsafe { (super::text_of(place), super::text_of(message)) };
        tracing::debug!(severity, place = tidy(&place), "ONNX Runtime: {}", tidy(&message));
        Ok(())
    });
}

//! The error numbers of the witx, by name.

use test_support::Names;

/// The names; `imports.rs` compares them with the published file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Witx;

impl Names for Witx {
    const NAMES: &'static [&'static str] = &[
        "success",
        "invalid_argument",
        "invalid_encoding",
        "missing_memory",
        "busy",
        "runtime_error",
        "unsupported_operation",
        "too_large",
        "not_found",
    ];
}

/// What a call gave back to the guest.
pub(crate) type Errno = test_support::Errno<Witx>;

pub(crate) const SUCCESS: Errno = Errno::named("success");
pub(crate) const INVALID_ARGUMENT: Errno = Errno::named("invalid_argument");
pub(crate) const MISSING_MEMORY: Errno = Errno::named("missing_memory");
pub(crate) const BUSY: Errno = Errno::named("busy");
pub(crate) const RUNTIME_ERROR: Errno = Errno::named("runtime_error");
pub(crate) const UNSUPPORTED_OPERATION: Errno = Errno::named("unsupported_operation");
pub(crate) const TOO_LARGE: Errno = Errno::named("too_large");

//! The error numbers of the witx, by name; `imports.rs` compares them with the published file.

use std::fmt;

/// All names, in the order of their numbers.
pub(crate) const NAMES: [&str; 9] = [
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

/// What a call gave back to the guest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Errno(pub(crate) u32);

pub(crate) const SUCCESS: Errno = Errno(0);
pub(crate) const INVALID_ARGUMENT: Errno = Errno(1);
pub(crate) const MISSING_MEMORY: Errno = Errno(3);
pub(crate) const BUSY: Errno = Errno(4);
pub(crate) const RUNTIME_ERROR: Errno = Errno(5);
pub(crate) const UNSUPPORTED_OPERATION: Errno = Errno(6);
pub(crate) const TOO_LARGE: Errno = Errno(7);

impl Errno {
    /// Its name in the witx. There is no other number that a guest may get.
    pub(crate) fn name(self) -> &'static str {
        NAMES.get(self.0 as usize).unwrap_or_else(|| panic!("a guest got the errno {}", self.0))
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

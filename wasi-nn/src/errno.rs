//! The error numbers of the witx.

use crate::error::ErrorKind;

/// `nn_errno` of the witx, without `success`: what a call that fails returns to the guest.
///
/// Nothing above 8 may ever be returned: the published bindings take other numbers for unreachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NnErrno {
    InvalidArgument = 1,
    InvalidEncoding = 2,
    MissingMemory = 3,
    Busy = 4,
    RuntimeError = 5,
    UnsupportedOperation = 6,
    TooLarge = 7,
    NotFound = 8,
}

impl NnErrno {
    /// The number that the guest gets.
    #[expect(clippy::as_conversions, reason = "the discriminants are the ABI's numbers")]
    pub(crate) const fn code(self) -> u32 {
        self as u32
    }
}

impl From<ErrorKind> for NnErrno {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidArgument => NnErrno::InvalidArgument,
            ErrorKind::InvalidEncoding => NnErrno::InvalidEncoding,
            ErrorKind::Busy => NnErrno::Busy,
            // The witx has no number for a time limit; the backend could not finish, which is 5.
            ErrorKind::Runtime | ErrorKind::TimedOut | ErrorKind::Interrupted => NnErrno::RuntimeError,
            ErrorKind::Unsupported => NnErrno::UnsupportedOperation,
            ErrorKind::TooLarge => NnErrno::TooLarge,
            ErrorKind::NotFound => NnErrno::NotFound,
        }
    }
}

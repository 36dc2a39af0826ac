//! The errors of loading and running a model.

use std::borrow::Cow;

/// An error of a backend, of the registry or of a check, with a message for the host.
///
/// Guests get a number only, since a message may name the host's files.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
}

/// What kind of error it is, in the terms of `nn_errno`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An index, a shape, a type, a length or the order of calls is wrong. The guest gets `invalid_argument`.
    InvalidArgument,
    /// No backend reads the encoding, or the policy gives it to none. `invalid_encoding`.
    InvalidEncoding,
    /// A limit on a number of things is reached, and may not be later. `busy`.
    Busy,
    /// The backend failed. `runtime_error`.
    Runtime,
    /// Compiling or computing took longer than the limits allow. `runtime_error`.
    TimedOut,
    /// The host interrupted the guest, which ends with a trap.
    Interrupted,
    /// The device or the operation is not supported. `unsupported_operation`.
    Unsupported,
    /// A limit on a size is exceeded, or a buffer is too small. `too_large`.
    TooLarge,
    /// No graph has the name. `not_found`.
    NotFound,
}

impl Error {
    /// An error of `kind`; `message` is lower case, names the thing and the way out, and ends without a full stop.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error { kind, message: message.into() }
    }

    /// An error of kind [`ErrorKind::InvalidArgument`].
    #[must_use]
    pub fn invalid_argument(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::InvalidArgument, message)
    }

    /// An error of kind [`ErrorKind::Runtime`].
    #[must_use]
    pub fn runtime(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::Runtime, message)
    }

    /// An error of kind [`ErrorKind::Unsupported`].
    #[must_use]
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

//! The error that ends a call: an errno for the guest, or a trap.

use crate::errno::Errno;
use wasi_policy::{MemoryFault, Trap};

/// The outcome of a call that gives the guest nothing but success, or what it computed.
pub(crate) type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Either the guest is told, or it ends.
#[derive(Debug)]
pub(crate) enum Error {
    /// The call failed and the guest gets the reason.
    Errno(Errno),
    /// The guest must not go on: it exited, was interrupted, or passed a pointer outside its memory. The
    /// witx asks for a trap in that last case, since such a guest is broken.
    Trap(Trap),
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Error::Errno(errno)
    }
}

impl From<MemoryFault> for Error {
    #[cold]
    fn from(fault: MemoryFault) -> Self {
        Error::Trap(Trap::Memory(fault))
    }
}

//! The failure of a call: a reason for the host, and an errno for the guest.

use crate::errno::NnErrno;
use crate::error::{Error, ErrorKind};
use wasi_policy::{MemoryFault, Trap};

/// The outcome of a call that gives the guest nothing but success, or what it computed.
pub(crate) type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// Why a call failed, in words for the host; the guest gets a number.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A check, the registry or a backend refused.
    #[error(transparent)]
    Error(#[from] Error),
    /// A pointer cannot be used. The guests' bindings pass on lengths that programs choose, so this is an
    /// argument like others and no trap.
    #[error(transparent)]
    Memory(#[from] MemoryFault),
}

impl Failure {
    /// What the guest gets.
    ///
    /// # Errors
    ///
    /// A trap if it must not go on, since the host interrupted it.
    pub(crate) fn errno(&self) -> Result<NnErrno, Trap> {
        match self {
            Failure::Error(error) if error.kind() == ErrorKind::Interrupted => Err(Trap::Interrupted),
            Failure::Error(error) => Ok(error.kind().into()),
            Failure::Memory(MemoryFault::OutOfBounds { .. }) => Ok(NnErrno::InvalidArgument),
            // No memory at all, or none with 32-bit addresses.
            Failure::Memory(_) => Ok(NnErrno::MissingMemory),
        }
    }
}

//! The errno of an error, whether the host's system or a library made it.

use super::system;
use crate::errno::Errno;
use std::io;

impl From<io::Error> for Errno {
    /// Errors without a system code are made by libraries, and by an embedder's readers and writers. cap-std
    /// makes one that matters: the attempt to leave the sandbox, of kind `PermissionDenied`.
    fn from(error: io::Error) -> Self {
        match (system::errno::of_system(&error), error.kind()) {
            (Some(errno), _) => errno,
            (None, io::ErrorKind::PermissionDenied) => Errno::Perm,
            (None, io::ErrorKind::NotFound) => Errno::Noent,
            (None, io::ErrorKind::InvalidInput) => Errno::Inval,
            (None, io::ErrorKind::WriteZero | io::ErrorKind::StorageFull) => Errno::Nospc,
            (None, io::ErrorKind::BrokenPipe) => Errno::Pipe,
            (None, io::ErrorKind::WouldBlock) => Errno::Again,
            (None, io::ErrorKind::IsADirectory) => Errno::Isdir,
            (None, io::ErrorKind::NotADirectory) => Errno::Notdir,
            (None, io::ErrorKind::NotConnected) => Errno::Notconn,
            (None, _) => Errno::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Errno, io};

    #[test]
    fn an_error_without_a_number_is_io() {
        assert_eq!(Errno::from(io::Error::other("anything")), Errno::Io);
    }
}

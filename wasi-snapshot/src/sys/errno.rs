//! The one map from the host's errors to errnos of the ABI.

use crate::errno::Errno;
use rustix::io::Errno as Os;
use std::io;

impl From<Os> for Errno {
    /// An error that the ABI has no number for is `io`, never a trap.
    fn from(error: Os) -> Self {
        match error {
            Os::TOOBIG => Errno::TooBig,
            Os::ACCESS => Errno::Acces,
            Os::ADDRINUSE => Errno::Addrinuse,
            Os::ADDRNOTAVAIL => Errno::Addrnotavail,
            Os::AFNOSUPPORT => Errno::Afnosupport,
            Os::AGAIN => Errno::Again,
            Os::ALREADY => Errno::Already,
            Os::BADF => Errno::Badf,
            Os::BUSY => Errno::Busy,
            Os::CONNABORTED => Errno::Connaborted,
            Os::CONNREFUSED => Errno::Connrefused,
            Os::CONNRESET => Errno::Connreset,
            Os::DEADLK => Errno::Deadlk,
            Os::DESTADDRREQ => Errno::Destaddrreq,
            Os::DQUOT => Errno::Dquot,
            Os::EXIST => Errno::Exist,
            Os::FAULT => Errno::Fault,
            Os::FBIG => Errno::Fbig,
            Os::HOSTUNREACH => Errno::Hostunreach,
            Os::ILSEQ => Errno::Ilseq,
            Os::INPROGRESS => Errno::Inprogress,
            Os::INTR => Errno::Intr,
            Os::INVAL => Errno::Inval,
            Os::ISCONN => Errno::Isconn,
            Os::ISDIR => Errno::Isdir,
            Os::LOOP => Errno::Loop,
            Os::MFILE => Errno::Mfile,
            Os::MLINK => Errno::Mlink,
            Os::MSGSIZE => Errno::Msgsize,
            Os::NAMETOOLONG => Errno::Nametoolong,
            Os::NETDOWN => Errno::Netdown,
            Os::NETRESET => Errno::Netreset,
            Os::NETUNREACH => Errno::Netunreach,
            Os::NFILE => Errno::Nfile,
            Os::NOBUFS => Errno::Nobufs,
            Os::NODEV => Errno::Nodev,
            Os::NOENT => Errno::Noent,
            Os::NOLCK => Errno::Nolck,
            Os::NOMEM => Errno::Nomem,
            Os::NOSPC => Errno::Nospc,
            Os::NOSYS => Errno::Nosys,
            Os::NOTCONN => Errno::Notconn,
            Os::NOTDIR => Errno::Notdir,
            Os::NOTEMPTY => Errno::Notempty,
            Os::NOTSOCK => Errno::Notsock,
            Os::OPNOTSUPP => Errno::Notsup,
            Os::NOTTY => Errno::Notty,
            Os::NXIO => Errno::Nxio,
            Os::OVERFLOW => Errno::Overflow,
            Os::PERM => Errno::Perm,
            Os::PIPE => Errno::Pipe,
            Os::RANGE => Errno::Range,
            Os::ROFS => Errno::Rofs,
            Os::SPIPE => Errno::Spipe,
            Os::STALE => Errno::Stale,
            Os::TIMEDOUT => Errno::Timedout,
            Os::TXTBSY => Errno::Txtbsy,
            Os::XDEV => Errno::Xdev,
            // On Linux this is another name of `OPNOTSUPP`, which an arm cannot say twice.
            other if other == Os::NOTSUP => Errno::Notsup,
            _ => Errno::Io,
        }
    }
}

impl From<io::Error> for Errno {
    /// Errors without a system code are made by libraries, and by an embedder's readers and writers. cap-std
    /// makes one that matters: the attempt to leave the sandbox, of kind `PermissionDenied`.
    fn from(error: io::Error) -> Self {
        match (Os::from_io_error(&error), error.kind()) {
            (Some(code), _) => code.into(),
            (None, io::ErrorKind::PermissionDenied) => Errno::Perm,
            (None, io::ErrorKind::NotFound) => Errno::Noent,
            (None, io::ErrorKind::InvalidInput) => Errno::Inval,
            (None, io::ErrorKind::WriteZero | io::ErrorKind::StorageFull) => Errno::Nospc,
            (None, io::ErrorKind::BrokenPipe) => Errno::Pipe,
            (None, io::ErrorKind::WouldBlock) => Errno::Again,
            (None, _) => Errno::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Errno, Os, io};

    #[test]
    fn an_error_without_a_number_is_io() {
        assert_eq!(Errno::from(Os::from_raw_os_error(4095)), Errno::Io);
        assert_eq!(Errno::from(io::Error::other("anything")), Errno::Io);
    }

    /// Those that made an older host trap.
    #[test]
    fn errors_that_used_to_trap() {
        for (os, errno) in [
            (Os::ROFS, Errno::Rofs),
            (Os::XDEV, Errno::Xdev),
            (Os::TXTBSY, Errno::Txtbsy),
            (Os::NXIO, Errno::Nxio),
            (Os::NOTSUP, Errno::Notsup),
        ] {
            assert_eq!(Errno::from(io::Error::from(os)), errno);
        }
    }
}

//! The one map from the errors of Unix to errnos of the ABI.

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

/// The errno of an error that the system made; `None` for one that a library made.
pub(crate) fn of_system(error: &io::Error) -> Option<Errno> {
    Os::from_io_error(error).map(Errno::from)
}

#[cfg(test)]
mod tests {
    use super::{Errno, Os};
    use std::io;

    #[test]
    fn a_code_without_a_number_is_io() {
        assert_eq!(Errno::from(Os::from_raw_os_error(4095)), Errno::Io);
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

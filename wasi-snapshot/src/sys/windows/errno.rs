//! The one map from the errors of Windows to errnos of the ABI.

use super::stream::code;
use crate::errno::Errno;
use std::io;
use windows_sys::Win32::Foundation as win;
use windows_sys::Win32::Networking::WinSock as sock;

/// The errno of an error that the system made; `None` for one that a library made. A code that the ABI has no number for is
/// `io`, never a trap.
pub(crate) fn of_system(error: &io::Error) -> Option<Errno> {
    let code = code(error)?;
    Some(of_files(code).or_else(|| of_sockets(code)).unwrap_or(Errno::Io))
}

fn of_files(code: u32) -> Option<Errno> {
    Some(match code {
        win::ERROR_FILE_NOT_FOUND
        | win::ERROR_PATH_NOT_FOUND
        | win::ERROR_INVALID_DRIVE
        | win::ERROR_BAD_NETPATH
        | win::ERROR_BAD_NET_NAME
        | win::ERROR_BAD_PATHNAME
        | win::ERROR_INVALID_NAME
        | win::ERROR_DELETE_PENDING => Errno::Noent,
        win::ERROR_TOO_MANY_OPEN_FILES => Errno::Mfile,
        win::ERROR_ACCESS_DENIED | win::ERROR_INVALID_ACCESS | win::ERROR_CURRENT_DIRECTORY => Errno::Acces,
        // As with Linux, where nobody may have it: what the user lacks is a privilege, such as that to make symlinks.
        win::ERROR_PRIVILEGE_NOT_HELD => Errno::Perm,
        win::ERROR_INVALID_HANDLE => Errno::Badf,
        win::ERROR_NOT_ENOUGH_MEMORY
        | win::ERROR_OUTOFMEMORY
        | win::ERROR_NO_SYSTEM_RESOURCES
        | win::ERROR_COMMITMENT_LIMIT => Errno::Nomem,
        win::ERROR_NOT_SAME_DEVICE => Errno::Xdev,
        win::ERROR_WRITE_PROTECT => Errno::Rofs,
        // Somebody else has it open, or a part of it locked.
        win::ERROR_SHARING_VIOLATION | win::ERROR_LOCK_VIOLATION | win::ERROR_BUSY => Errno::Busy,
        win::ERROR_FILE_EXISTS | win::ERROR_ALREADY_EXISTS => Errno::Exist,
        win::ERROR_INVALID_PARAMETER | win::ERROR_NEGATIVE_SEEK | win::ERROR_NOT_A_REPARSE_POINT => {
            Errno::Inval
        }
        win::ERROR_BROKEN_PIPE | win::ERROR_NO_DATA | win::ERROR_PIPE_NOT_CONNECTED => Errno::Pipe,
        win::ERROR_DISK_FULL | win::ERROR_HANDLE_DISK_FULL => Errno::Nospc,
        win::ERROR_DISK_QUOTA_EXCEEDED => Errno::Dquot,
        win::ERROR_DIR_NOT_EMPTY => Errno::Notempty,
        win::ERROR_DIRECTORY => Errno::Notdir,
        win::ERROR_FILENAME_EXCED_RANGE | win::ERROR_BUFFER_OVERFLOW => Errno::Nametoolong,
        // That of too many links is cap-std's for symlinks, too (`too_many_symlinks` of cap-primitives 4.0).
        win::ERROR_STOPPED_ON_SYMLINK | win::ERROR_CANT_RESOLVE_FILENAME | win::ERROR_TOO_MANY_LINKS => {
            Errno::Loop
        }
        win::ERROR_DIRECTORY_NOT_SUPPORTED => Errno::Isdir,
        win::ERROR_FILE_TOO_LARGE => Errno::Fbig,
        win::ERROR_NOT_SUPPORTED | win::ERROR_INVALID_FUNCTION | win::ERROR_CALL_NOT_IMPLEMENTED => {
            Errno::Notsup
        }
        win::ERROR_SEEK_ON_DEVICE => Errno::Spipe,
        win::ERROR_OPERATION_ABORTED => Errno::Intr,
        // A name without a counterpart in the console's encoding, or the other way round.
        win::ERROR_NO_UNICODE_TRANSLATION => Errno::Ilseq,
        _ => return None,
    })
}

fn of_sockets(code: u32) -> Option<Errno> {
    Some(match i32::try_from(code).ok()? {
        sock::WSAEWOULDBLOCK => Errno::Again,
        sock::WSAEINTR => Errno::Intr,
        sock::WSAEBADF => Errno::Badf,
        sock::WSAEACCES => Errno::Acces,
        sock::WSAEFAULT => Errno::Fault,
        sock::WSAEINVAL => Errno::Inval,
        sock::WSAEMFILE => Errno::Mfile,
        sock::WSAEINPROGRESS => Errno::Inprogress,
        sock::WSAEALREADY => Errno::Already,
        sock::WSAENOTSOCK => Errno::Notsock,
        sock::WSAEDESTADDRREQ => Errno::Destaddrreq,
        sock::WSAEMSGSIZE => Errno::Msgsize,
        sock::WSAEOPNOTSUPP => Errno::Notsup,
        sock::WSAEAFNOSUPPORT => Errno::Afnosupport,
        sock::WSAEADDRINUSE => Errno::Addrinuse,
        sock::WSAEADDRNOTAVAIL => Errno::Addrnotavail,
        sock::WSAENETDOWN => Errno::Netdown,
        sock::WSAENETUNREACH => Errno::Netunreach,
        sock::WSAENETRESET => Errno::Netreset,
        sock::WSAECONNABORTED => Errno::Connaborted,
        sock::WSAECONNRESET => Errno::Connreset,
        sock::WSAENOBUFS => Errno::Nobufs,
        sock::WSAEISCONN => Errno::Isconn,
        sock::WSAENOTCONN => Errno::Notconn,
        // Sending after the guest has ended that direction: POSIX's word.
        sock::WSAESHUTDOWN => Errno::Pipe,
        sock::WSAETIMEDOUT => Errno::Timedout,
        sock::WSAECONNREFUSED => Errno::Connrefused,
        sock::WSAEHOSTUNREACH => Errno::Hostunreach,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Errno, io, sock, win};

    #[test]
    fn codes_have_their_numbers_and_others_are_io() {
        for (code, errno) in [
            (win::ERROR_FILE_NOT_FOUND, Errno::Noent),
            (win::ERROR_DIR_NOT_EMPTY, Errno::Notempty),
            (win::ERROR_NOT_SAME_DEVICE, Errno::Xdev),
            (win::ERROR_WRITE_PROTECT, Errno::Rofs),
            (win::ERROR_TOO_MANY_LINKS, Errno::Loop),
            (win::ERROR_DIRECTORY_NOT_SUPPORTED, Errno::Isdir),
            (u32::MAX, Errno::Io),
            (4_095, Errno::Io),
        ] {
            let code = i32::from_ne_bytes(code.to_ne_bytes());
            assert_eq!(Errno::from(io::Error::from_raw_os_error(code)), errno, "{code}");
        }
        assert_eq!(Errno::from(io::Error::from_raw_os_error(sock::WSAEWOULDBLOCK)), Errno::Again);
    }
}

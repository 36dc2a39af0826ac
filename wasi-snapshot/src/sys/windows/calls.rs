//! The calls of Win32 that neither the standard library nor cap-std has, each behind a safe function.
//!
//! Handles and sockets come borrowed, so they are open for the whole call; what a call writes to is on the stack or in a
//! slice whose length is passed on; and what a call gives is taken over once.

use std::fs::File;
use std::io;
use std::os::windows::io::{
    AsRawHandle, AsRawSocket, BorrowedHandle, BorrowedSocket, FromRawHandle, OwnedHandle,
};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{
    ERROR_OPERATION_ABORTED, GetLastError, HANDLE, SetLastError, WAIT_FAILED, WAIT_OBJECT_0,
};
use windows_sys::Win32::Networking::WinSock::{
    FIONREAD, SOCKET, WSAGetLastError, WSAPOLLFD, WSAPoll, ioctlsocket,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_TAG_INFO, FILE_BASIC_INFO, FILE_INFO_BY_HANDLE_CLASS,
    FILE_NAME_NORMALIZED, FILE_TYPE, FileAttributeTagInfo, FileBasicInfo, FileIdBothDirectoryInfo,
    FileIdBothDirectoryRestartInfo, GetFileInformationByHandle, GetFileInformationByHandleEx, GetFileType,
    GetFinalPathNameByHandleW,
};
use windows_sys::Win32::System::Console::{
    CONSOLE_READCONSOLE_CONTROL, GetNumberOfConsoleInputEvents, INPUT_RECORD, KEY_EVENT, PeekConsoleInputW,
    ReadConsoleW, WriteConsoleW,
};
use windows_sys::Win32::System::IO::{CancelSynchronousIo, DeviceIoControl};
use windows_sys::Win32::System::Ioctl::FSCTL_SET_SPARSE;
use windows_sys::Win32::System::Pipes::{CreatePipe, PeekNamedPipe};
use windows_sys::Win32::System::Threading::{
    CreateEventW, GetCurrentThreadId, OpenThread, ResetEvent, SetEvent, THREAD_TERMINATE,
    WaitForMultipleObjects, WaitForSingleObject,
};

/// How many handles one wait takes: `MAXIMUM_WAIT_OBJECTS`.
pub(super) const MOST_WAITED: usize = 64;

/// What a pipe holds, as much as on Linux.
const PIPE_BYTES: u32 = 64 << 10;

/// The error of a call that says by zero that it failed.
fn checked(outcome: i32) -> io::Result<()> {
    if outcome == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes a pipe whose ends no child process inherits: the one to read from, and the one to write to.
pub(super) fn pipe() -> io::Result<(File, File)> {
    let (mut reader, mut writer): (HANDLE, HANDLE) = (null_mut(), null_mut());
    // SAFETY: both places are written to during the call, and no attributes mean handles that are not inherited.
    checked(unsafe { CreatePipe(&raw mut reader, &raw mut writer, null(), PIPE_BYTES) })?;
    // SAFETY: the call succeeded, so both are open handles that nobody else has.
    Ok(unsafe { (File::from_raw_handle(reader), File::from_raw_handle(writer)) })
}

/// Makes an event that is not set, stays set until it is reset, and that no child process inherits.
pub(super) fn new_event() -> io::Result<OwnedHandle> {
    // SAFETY: neither attributes nor a name are given, so nothing is read.
    let event = unsafe { CreateEventW(null(), 1, 0, null()) };
    if event.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is an open handle that nobody else has.
    Ok(unsafe { OwnedHandle::from_raw_handle(event) })
}

pub(super) fn set_event(event: BorrowedHandle<'_>) -> io::Result<()> {
    // SAFETY: the handle is open; one that is no event is an error.
    checked(unsafe { SetEvent(event.as_raw_handle()) })
}

pub(super) fn reset_event(event: BorrowedHandle<'_>) -> io::Result<()> {
    // SAFETY: the handle is open; one that is no event is an error.
    checked(unsafe { ResetEvent(event.as_raw_handle()) })
}

/// Is an event set, or is there input for a console?
pub(super) fn is_signaled(handle: BorrowedHandle<'_>) -> bool {
    // SAFETY: the handle is open, and the call does not wait.
    (unsafe { WaitForSingleObject(handle.as_raw_handle(), 0) }) == WAIT_OBJECT_0
}

/// Waits until one of the first [`MOST_WAITED`] handles is signaled, or so many milliseconds are over. There must be one.
pub(super) fn wait_any(handles: &[BorrowedHandle<'_>], milliseconds: u32) -> io::Result<()> {
    let raw: Vec<_> = handles.iter().take(MOST_WAITED).map(AsRawHandle::as_raw_handle).collect();
    let count = u32::try_from(raw.len()).unwrap_or(u32::MAX);
    // SAFETY: `raw` has `count` handles, which are open for the call.
    let outcome = unsafe { WaitForMultipleObjects(count, raw.as_ptr(), 0, milliseconds) };
    if outcome == WAIT_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// How many events of a console are looked at, of those that nobody has read.
const MOST_EVENTS: u32 = 1 << 16;

/// The key with which a number becomes a character: when it is let go of.
const VK_MENU: u16 = 0x12;

/// Has somebody pressed a key that gives a character? Other events, as of the mouse, end no read.
pub(super) fn has_key(console: BorrowedHandle<'_>) -> io::Result<bool> {
    let mut count = 0;
    // SAFETY: the handle is open, and `count` is written to during the call.
    checked(unsafe { GetNumberOfConsoleInputEvents(console.as_raw_handle(), &raw mut count) })?;
    if count > MOST_EVENTS {
        return Ok(true);
    }
    let mut events: Vec<_> = (0..count).map(|_| INPUT_RECORD::default()).collect();
    // SAFETY: the handle is open, and the call writes `count` events at most, which are as many as there are.
    checked(unsafe {
        PeekConsoleInputW(console.as_raw_handle(), events.as_mut_ptr(), count, &raw mut count)
    })?;
    Ok(events.iter().any(|event| {
        u32::from(event.EventType) == KEY_EVENT && {
            // SAFETY: the type says that the event is one of a key, whose character is a number in both forms.
            let (key, unit) = unsafe { (event.Event.KeyEvent, event.Event.KeyEvent.uChar.UnicodeChar) };
            unit != 0 && (key.bKeyDown != 0 || key.wVirtualKeyCode == VK_MENU)
        }
    }))
}

/// The character of Ctrl-Z, with which a line ends at once, as with Enter.
pub(super) const CTRL_Z: u16 = 0x1a;

/// Reads a line of a console, or as much of it as fits, and says how many units.
///
/// # Errors
///
/// `Interrupted` if the read was ended, by [`ThreadHandle::cancel_transfer`] or by Ctrl-C: then the call succeeds with nothing,
/// and the error that is set says so.
pub(super) fn read_console(console: BorrowedHandle<'_>, units: &mut [u16]) -> io::Result<usize> {
    let (count, mut read) = (u32::try_from(units.len()).unwrap_or(u32::MAX), 0);
    let control = CONSOLE_READCONSOLE_CONTROL {
        nLength: u32::try_from(size_of::<CONSOLE_READCONSOLE_CONTROL>()).unwrap_or(0),
        nInitialChars: 0,
        dwCtrlWakeupMask: 1 << CTRL_Z,
        dwControlKeyState: 0,
    };
    // SAFETY: the handle is open, `units` has room for `count`, and `read` and `control` live during the call.
    let (outcome, error) = unsafe {
        SetLastError(0);
        let place = units.as_mut_ptr().cast();
        let outcome = ReadConsoleW(console.as_raw_handle(), place, count, &raw mut read, &raw const control);
        (outcome, GetLastError())
    };
    if read == 0 && error == ERROR_OPERATION_ABORTED {
        return Err(io::ErrorKind::Interrupted.into());
    }
    checked(outcome)?;
    Ok(usize::try_from(read).unwrap_or(usize::MAX))
}

/// Writes text to a console, and says how many units of it.
pub(super) fn write_console(console: BorrowedHandle<'_>, text: &[u16]) -> io::Result<usize> {
    let (count, mut written) = (u32::try_from(text.len()).unwrap_or(u32::MAX), 0);
    // SAFETY: the handle is open, `text` has `count` units, and `written` is written to during the call.
    checked(unsafe {
        WriteConsoleW(console.as_raw_handle(), text.as_ptr(), count, &raw mut written, null())
    })?;
    Ok(usize::try_from(written).unwrap_or(usize::MAX))
}

/// Has the path of an open directory a drive letter? What lies on a share, or on a volume that is mounted nowhere, has none.
pub(super) fn has_drive(dir: BorrowedHandle<'_>) -> io::Result<bool> {
    // As long as paths get.
    let mut path = vec![0_u16; 32 << 10];
    let room = u32::try_from(path.len()).unwrap_or(0);
    // SAFETY: the handle is open, and `path` has `room` units.
    let length = unsafe {
        GetFinalPathNameByHandleW(dir.as_raw_handle(), path.as_mut_ptr(), room, FILE_NAME_NORMALIZED)
    };
    if length == 0 {
        return Err(io::Error::last_os_error());
    }
    let start = String::from_utf16_lossy(path.get(..6).unwrap_or_default());
    Ok(start.starts_with(r"\\?\") && start.ends_with(':'))
}

/// How many bytes a pipe has to be read.
pub(super) fn peek_pipe(pipe: BorrowedHandle<'_>) -> io::Result<u32> {
    let mut available = 0;
    // SAFETY: the handle is open, `available` is written to during the call, and nothing else is given to write to.
    checked(unsafe {
        PeekNamedPipe(pipe.as_raw_handle(), null_mut(), 0, null_mut(), &raw mut available, null_mut())
    })?;
    Ok(available)
}

/// Polls sockets, and says how many have something.
pub(super) fn poll_sockets(sockets: &mut [WSAPOLLFD], milliseconds: i32) -> io::Result<usize> {
    if sockets.is_empty() {
        return Ok(0);
    }
    let count = u32::try_from(sockets.len()).unwrap_or(u32::MAX);
    // SAFETY: `sockets` has `count` entries, which the call reads and writes. A socket among them that is closed is
    // reported, and not used.
    let found = unsafe { WSAPoll(sockets.as_mut_ptr(), count, milliseconds) };
    usize::try_from(found).map_err(|_| last_socket_error())
}

/// A socket as polling wants it.
pub(super) fn raw_socket(socket: BorrowedSocket<'_>) -> Option<SOCKET> {
    SOCKET::try_from(socket.as_raw_socket()).ok()
}

/// How many bytes a socket has to be read.
pub(super) fn peek_socket(socket: BorrowedSocket<'_>) -> io::Result<u32> {
    let mut available = 0;
    let socket = raw_socket(socket).ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: the socket is open, and `FIONREAD` writes one number to `available`.
    let outcome = unsafe { ioctlsocket(socket, FIONREAD, &raw mut available) };
    if outcome == 0 { Ok(available) } else { Err(last_socket_error()) }
}

fn last_socket_error() -> io::Error {
    // SAFETY: it reads a number of this thread's.
    io::Error::from_raw_os_error(unsafe { WSAGetLastError() })
}

/// Has a file take no room where nothing was written.
pub(super) fn set_sparse(file: BorrowedHandle<'_>) -> io::Result<()> {
    let mut written = 0;
    // SAFETY: the handle is open, nothing is read or written but `written`, and there is no overlapped transfer.
    checked(unsafe {
        let file = file.as_raw_handle();
        DeviceIoControl(file, FSCTL_SET_SPARSE, null(), 0, null_mut(), 0, &raw mut written, null_mut())
    })
}

/// Is it a disk's, a character device's, or a pipe's?
pub(super) fn kind(handle: BorrowedHandle<'_>) -> FILE_TYPE {
    // SAFETY: the handle is open.
    unsafe { GetFileType(handle.as_raw_handle()) }
}

/// What there is to know of a file: attributes, times, size, links, and the numbers of file and volume.
pub(super) fn information(file: BorrowedHandle<'_>) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and `found` is written to during the call.
    checked(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    Ok(found)
}

/// Information of one class, which is `T`.
///
/// # Safety
///
/// `T` is the structure of the class, and any bytes are one.
unsafe fn information_of<T: Default>(
    file: BorrowedHandle<'_>,
    class: FILE_INFO_BY_HANDLE_CLASS,
) -> io::Result<T> {
    let mut found = T::default();
    let size = u32::try_from(size_of::<T>()).unwrap_or(0);
    // SAFETY: the handle is open, and the call writes `size` bytes to `found` at most.
    checked(unsafe {
        GetFileInformationByHandleEx(file.as_raw_handle(), class, (&raw mut found).cast(), size)
    })?;
    Ok(found)
}

/// The times of a file, with that of the last change of its attributes.
pub(super) fn times(file: BorrowedHandle<'_>) -> io::Result<FILE_BASIC_INFO> {
    // SAFETY: that is the structure of the class, and it has numbers only.
    unsafe { information_of(file, FileBasicInfo) }
}

/// What the reparse point is that a file is, such as a symlink.
pub(super) fn reparse_tag(file: BorrowedHandle<'_>) -> io::Result<u32> {
    // SAFETY: that is the structure of the class, and it has numbers only.
    let found: FILE_ATTRIBUTE_TAG_INFO = unsafe { information_of(file, FileAttributeTagInfo)? };
    Ok(found.ReparseTag)
}

/// Lists entries of a directory, from the first one on or from where the handle is, as many as fit.
pub(super) fn list(dir: BorrowedHandle<'_>, restart: bool, buffer: &mut [u64]) -> io::Result<()> {
    let class = if restart { FileIdBothDirectoryRestartInfo } else { FileIdBothDirectoryInfo };
    let size = u32::try_from(size_of_val(buffer)).unwrap_or(0);
    // SAFETY: the handle is open, and the call writes `size` bytes at most, which are as many as `buffer` has, to where
    // numbers of 64 bits are aligned.
    checked(unsafe {
        GetFileInformationByHandleEx(dir.as_raw_handle(), class, buffer.as_mut_ptr().cast(), size)
    })
}

/// A thread that waits in the system may be woken by this.
pub(super) struct ThreadHandle(OwnedHandle);

impl ThreadHandle {
    /// That of the current thread.
    pub(super) fn current() -> io::Result<Self> {
        // SAFETY: both take and give numbers; the thread is this one, so it exists.
        let thread = unsafe { OpenThread(THREAD_TERMINATE, 0, GetCurrentThreadId()) };
        if thread.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is an open handle that nobody else has.
        Ok(ThreadHandle(unsafe { OwnedHandle::from_raw_handle(thread) }))
    }

    /// Ends the transfer that the thread waits in, if it waits in one.
    pub(super) fn cancel_transfer(&self) {
        // SAFETY: the handle is open and has the right that the call wants. That there is nothing to end is no matter.
        unsafe { CancelSynchronousIo(self.0.as_raw_handle()) };
    }
}

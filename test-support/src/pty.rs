//! Terminals of Cygwin and MSYS, such as Git's: pipes of Windows with a name that tells.
#![allow(unsafe_code, reason = "the standard library makes no pipe with a name")]

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::ptr::null;
use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Storage::FileSystem::PIPE_ACCESS_DUPLEX;
use windows_sys::Win32::System::Pipes::{CreateNamedPipeW, PIPE_TYPE_BYTE};

/// The terminal's end, and that of a process in it. `name` is the rest of its name, which no other pipe has.
#[must_use]
pub fn terminal(name: &str) -> (File, File) {
    let name = format!(r"\\.\pipe\msys-{}-pty0-{name}", std::process::id());
    let wide: Vec<u16> = OsStr::new(&name).encode_wide().chain([0]).collect();
    let bytes = 64 << 10;
    // SAFETY: the name ends in a zero and is there for the call, and no attributes are given.
    let pipe = unsafe {
        CreateNamedPipeW(wide.as_ptr(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, bytes, bytes, 0, null())
    };
    assert_ne!(pipe, INVALID_HANDLE_VALUE, "{name}: {}", io::Error::last_os_error());
    // SAFETY: the call succeeded, so it is an open handle that nobody else has.
    let terminal = unsafe { OwnedHandle::from_raw_handle(pipe) };
    (terminal.into(), File::options().read(true).write(true).open(name).unwrap())
}

//! The calls of Win32 for owners and lists of access, each behind a safe function that speaks text.
//!
//! What the system allocates is in a [`Local`] from the moment it is given; strings that go to it end in zero.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetTokenInformation, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
    SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Memory that the system has allocated, and takes back.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the system gave it to be freed so, and nothing refers to it any more.
        unsafe { LocalFree(self.0) };
    }
}

fn checked(outcome: i32) -> io::Result<()> {
    if outcome == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A text that the system allocated.
fn text(place: *mut u16) -> String {
    let _freed = Local(place.cast());
    let mut units = Vec::new();
    loop {
        // SAFETY: the system's string ends in zero, and nothing behind that is read.
        match unsafe { *place.add(units.len()) } {
            0 => return String::from_utf16_lossy(&units),
            unit => units.push(unit),
        }
    }
}

/// The user whom this process is of, by number.
pub(super) fn user() -> io::Result<String> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the process is this one, and the place is written to during the call.
    checked(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) })?;
    // SAFETY: it is an open handle that nobody else has.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // More than the largest that there is: a pointer, attributes, and 68 bytes. Its elements are aligned as pointers are.
    let mut buffer = [0_u64; 32];
    let (mut len, size) = (0, u32::try_from(size_of_val(&buffer)).unwrap_or(0));
    let place = buffer.as_mut_ptr();
    // SAFETY: the handle is open, and the call writes `size` bytes at most, which are as many as there are.
    checked(unsafe {
        GetTokenInformation(token.as_raw_handle(), TokenUser, place.cast(), size, &raw mut len)
    })?;
    let mut found = null_mut();
    // SAFETY: the call has filled in the structure of the class, whose pointer is into the buffer, which is still there.
    checked(unsafe {
        let user = place.cast::<TOKEN_USER>().read();
        ConvertSidToStringSidW(user.User.Sid, &raw mut found)
    })?;
    Ok(text(found))
}

/// The owner and the list of access of a directory, as text.
pub(super) fn descriptor(dir: &Path) -> io::Result<String> {
    let dir = open(dir)?;
    let mut found: PSECURITY_DESCRIPTOR = null_mut();
    let wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is open, parts are not asked for by themselves, and the place is written to during the call.
    let outcome = unsafe {
        GetSecurityInfo(
            dir.as_raw_handle(),
            SE_FILE_OBJECT,
            wanted,
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut found,
        )
    };
    if outcome != 0 {
        return Err(io::Error::from_raw_os_error(outcome.cast_signed()));
    }
    as_text(&Local(found))
}

/// Opens a directory to ask about its access (`READ_CONTROL`, and `FILE_FLAG_BACKUP_SEMANTICS`).
fn open(dir: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    File::options().access_mode(0x0002_0000).custom_flags(0x0200_0000).open(dir)
}

/// The same text, as the system would write it.
pub(super) fn normal(text: &str) -> io::Result<String> {
    as_text(&of_text(text)?)
}

fn as_text(descriptor: &Local) -> io::Result<String> {
    let mut found = null_mut();
    let wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    // SAFETY: the descriptor is one that the system has made, and the place is written to during the call.
    checked(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.0,
            SDDL_REVISION_1,
            wanted,
            &raw mut found,
            null_mut(),
        )
    })?;
    Ok(text(found))
}

fn of_text(text: &str) -> io::Result<Local> {
    let (text, mut found) = (units(text), null_mut());
    // SAFETY: the text ends in zero, and the place is written to during the call.
    checked(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut found,
            null_mut(),
        )
    })?;
    Ok(Local(found))
}

/// Makes a directory with a list of access.
pub(super) fn create_dir(dir: &Path, access: &str) -> io::Result<()> {
    let descriptor = of_text(access)?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    let path: Vec<u16> = dir.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the path ends in zero, and the attributes and their descriptor are there for the call.
    checked(unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) })
}

/// Gives a directory another list of access.
#[cfg(test)]
pub(super) fn set_access(dir: &Path, access: &str) -> io::Result<()> {
    use windows_sys::Win32::Security::SetFileSecurityW;
    let descriptor = of_text(access)?;
    let path: Vec<u16> = dir.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the path ends in zero, and the descriptor is one that the system has made.
    checked(unsafe { SetFileSecurityW(path.as_ptr(), DACL_SECURITY_INFORMATION, descriptor.0) })
}

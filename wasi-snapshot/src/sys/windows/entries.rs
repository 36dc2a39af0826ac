//! The entries of a directory, as the system lists them by its handle.

use super::stream::code;
use super::{calls, times};
use crate::abi::Filetype;
use crate::errno::Errno;
use std::mem::offset_of;
use std::os::windows::io::BorrowedHandle;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_NO_MORE_FILES};
use windows_sys::Win32::Storage::FileSystem::FILE_ID_BOTH_DIR_INFO as Info;

/// Numbers of 64 bits that entries are listed into: 64 KiB.
const BUFFER: usize = 8 << 10;

/// Calls `visit` with name, inode number and type of each entry but `.` and `..`, in the system's order, until it fails. The
/// handle is at its first entry then, so nobody else may list by it meanwhile.
///
/// # Errors
///
/// Those of `visit`, and of the system.
pub(super) fn list(
    dir: BorrowedHandle<'_>,
    mut visit: impl FnMut(&[u8], u64, Filetype) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut buffer = vec![0_u64; BUFFER];
    let mut restart = true;
    loop {
        match calls::list(dir, restart, &mut buffer) {
            Err(error) if code(&error) == Some(ERROR_NO_MORE_FILES) => return Ok(()),
            // The root of an empty volume.
            Err(error) if restart && code(&error) == Some(ERROR_FILE_NOT_FOUND) => return Ok(()),
            other => other?,
        }
        restart = false;
        let bytes: Vec<u8> = buffer.iter().flat_map(|number| number.to_ne_bytes()).collect();
        let mut rest = &bytes[..];
        loop {
            let entry = Entry::read(rest).ok_or(Errno::Io)?;
            // What is no UTF-16 has no name that a guest could say.
            let name = String::from_utf16(&entry.name);
            if let Some(name) = name.ok().filter(|name| name != "." && name != "..") {
                visit(name.as_bytes(), entry.ino, entry.filetype)?;
            }
            match entry.next {
                0 => break,
                next => rest = rest.get(next..).ok_or(Errno::Io)?,
            }
        }
    }
}

/// What the system says of one entry.
struct Entry {
    /// Bytes to the next one; zero for the last.
    next: usize,
    ino: u64,
    filetype: Filetype,
    name: Vec<u16>,
}

impl Entry {
    /// Takes an [`Info`] apart; `None` for one that is cut off.
    fn read(bytes: &[u8]) -> Option<Self> {
        let length = usize::try_from(u32_at(bytes, offset_of!(Info, FileNameLength))?).ok()?;
        let name = bytes.get(offset_of!(Info, FileName)..)?.get(..length)?;
        let name = name.chunks_exact(2).filter_map(|unit| Some(u16::from_ne_bytes(unit.try_into().ok()?)));
        // Of a reparse point, the tag is where the size of extended attributes is otherwise.
        let tag = u32_at(bytes, offset_of!(Info, EaSize))?;
        let ino = bytes.get(offset_of!(Info, FileId)..)?.first_chunk()?;
        Some(Entry {
            next: usize::try_from(u32_at(bytes, offset_of!(Info, NextEntryOffset))?).ok()?,
            ino: u64::from_ne_bytes(*ino),
            filetype: times::filetype(u32_at(bytes, offset_of!(Info, FileAttributes))?, || tag),
            name: name.collect(),
        })
    }
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

//! All errors that apply to a call over two paths, each found by itself. Which one a call gives is nobody's promise:
//! "if more than one error occurs in processing a function call, any one of the possible errors may be returned, as the
//! order of detection is undefined" (POSIX, XSH 2.3).

use super::call::{Call, Name};
use super::native::Native;
use crate::common::errno::{BADF, BUSY, EXIST, Errno, NOENT, NOTDIR, PERM, XDEV, of_system};
use rustix::fs::{AtFlags, FileType};
use std::collections::BTreeSet;

/// A path of a call, and what is at its end.
enum End {
    /// It cannot be followed so far.
    Error(Errno),
    /// It ends with a dot, or with two.
    Dots,
    Nothing,
    Something(FileType),
}

/// The errors of a call; those of what the two paths lead to are left to the system.
pub(crate) fn applying(call: &Call, native: &Native) -> BTreeSet<Errno> {
    let mut errors = BTreeSet::new();
    let (Call::Rename { dir, path, to, new } | Call::Link { dir, path, to, new, .. }) = call else {
        return errors;
    };
    let is_link = matches!(call, Call::Link { .. });
    match end(native, *dir, path) {
        End::Error(errno) => drop(errors.insert(errno)),
        End::Dots => {
            errors.insert(if is_link { PERM } else { BUSY });
            errors.extend(slash(native, *dir, path));
        }
        End::Nothing => drop(errors.insert(NOENT)),
        End::Something(_) if is_link && path.must_be_dir() => {
            errors.insert(slash(native, *dir, path).unwrap_or(PERM));
        }
        End::Something(FileType::Directory) if is_link => drop(errors.insert(PERM)),
        End::Something(FileType::Directory) => {}
        // What a slash says of one path, a rename takes for both.
        End::Something(_) if !is_link && (path.must_be_dir() || new.must_be_dir()) => {
            errors.insert(NOTDIR);
        }
        End::Something(_) => {}
    }
    match end(native, *to, new) {
        End::Error(errno) => drop(errors.insert(errno)),
        End::Dots => {
            errors.insert(if is_link { EXIST } else { BUSY });
            errors.extend(slash(native, *to, new));
        }
        End::Something(_) if is_link => {
            errors.insert(EXIST);
            errors.extend(slash(native, *to, new));
        }
        End::Something(_) => {}
        End::Nothing if is_link && new.must_be_dir() => drop(errors.insert(NOENT)),
        End::Nothing => {}
    }
    if errors.remove(&XDEV) {
        errors.insert(PERM);
    }
    errors
}

/// What is at the end of a path, before a slash there is looked at.
fn end(native: &Native, dir: u32, path: &Name) -> End {
    let Some(handle) = native.get(dir) else { return End::Error(BADF) };
    if !handle.is_dir {
        return End::Error(NOTDIR);
    }
    let (parent, last) = match native.beneath.parent(handle.fd(), &path.0) {
        Ok(found) => found,
        Err(error) => return End::Error(of_system(error)),
    };
    let name = last.split(|byte| *byte == b'/').next().unwrap_or_default();
    match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) if matches!(name, b"." | b"..") => End::Dots,
        Ok(stat) => End::Something(FileType::from_raw_mode(stat.st_mode)),
        Err(rustix::io::Errno::NOENT) => End::Nothing,
        Err(error) => End::Error(of_system(error)),
    }
}

/// Why what a slash or a dot behind a name leads to is no directory.
fn slash(native: &Native, dir: u32, path: &Name) -> Option<Errno> {
    let handle = native.get(dir).filter(|_| path.must_be_dir())?;
    match native.beneath.name(handle.fd(), &path.0, true) {
        Ok(_) => None,
        Err(error) => Some(of_system(error)),
    }
}

//! Questions of tests to Windows itself: names as bytes, symlinks, and attributes.

use cap_fs_ext::MetadataExt as _;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt, symlink_dir, symlink_file};
use std::os::windows::io::OwnedHandle;
use std::path::Path;
use wasi_snapshot::{Filestat, Filetype};

/// Opens directories, and symlinks themselves.
const ANYTHING: u32 = 0x0200_0000 | 0x0020_0000;

/// Makes a symlink of the kind that fits its target.
pub(crate) fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (target, link) = (target.as_ref(), link.as_ref());
    let is_dir = link.parent().is_some_and(|parent| parent.join(target).is_dir());
    if is_dir { symlink_dir(target, link) } else { symlink_file(target, link) }
}

/// The end to read from and the end to write to; processes of other tests do not inherit them.
#[allow(clippy::incompatible_msrv, reason = "the oldest compiler builds the library only")]
pub(crate) fn pipe() -> (File, File) {
    let (reader, writer) = io::pipe().unwrap();
    (OwnedHandle::from(reader).into(), OwnedHandle::from(writer).into())
}

/// Opens a directory as a file.
pub(crate) fn open_dir(path: &Path) -> File {
    OpenOptions::new().read(true).custom_flags(ANYTHING).open(path).unwrap()
}

/// A name as guests get it.
pub(crate) fn bytes(name: &OsStr) -> Vec<u8> {
    name.to_str().unwrap().replace('\\', "/").into_bytes()
}

/// A name that is no UTF-16.
pub(crate) fn no_unicode(start: &str) -> OsString {
    let mut units: Vec<_> = start.encode_utf16().collect();
    units.push(0xd800);
    OsString::from_wide(&units)
}

fn by_handle(path: &Path) -> cap_std::fs::Metadata {
    let file = OpenOptions::new().access_mode(0).custom_flags(ANYTHING).open(path).unwrap();
    cap_std::fs::Metadata::from_file(&file).unwrap()
}

/// The attributes that guests are told, but for the numbers, which are hidden from them. The standard library has no time of
/// the last change of attributes.
pub(crate) fn filestat(path: &Path, metadata: &Metadata) -> Filestat {
    let filetype = match metadata.file_type() {
        ty if ty.is_symlink() => Filetype::SymbolicLink,
        ty if ty.is_dir() => Filetype::Directory,
        _ => Filetype::RegularFile,
    };
    let nanos = |steps: u64| (steps - 116_444_736_000_000_000) * 100;
    let found = by_handle(path);
    let mut stat = Filestat::new(filetype);
    stat.dev = found.dev();
    stat.ino = found.ino();
    stat.nlink = found.nlink();
    stat.size = metadata.file_size();
    stat.atim = nanos(metadata.last_access_time());
    stat.mtim = nanos(metadata.last_write_time());
    stat
}

/// Type, links and modification time, as a test compares them.
pub(crate) fn describe(path: &Path, metadata: &Metadata) -> String {
    let found = by_handle(path);
    let attributes = metadata.file_attributes();
    format!("{attributes:x} links {} ino {} mtime {}", found.nlink(), found.ino(), metadata.last_write_time())
}

/// Adds what only this system has: nothing.
pub(crate) fn populate(_: &Path) {}

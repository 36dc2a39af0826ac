//! Questions of tests to Unix itself: names as bytes, symlinks, attributes, and files of kinds that only it has.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use wasi_snapshot::{Filestat, Filetype};

pub(crate) use std::os::unix::fs::symlink;

/// The end to read from and the end to write to; processes of other tests do not inherit them.
#[cfg(target_os = "linux")]
pub(crate) fn pipe() -> (File, File) {
    let (reader, writer) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap();
    (reader.into(), writer.into())
}

/// As on Linux, whose compiler may be too old for this.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::incompatible_msrv, reason = "the oldest compiler tests on Linux only")]
pub(crate) fn pipe() -> (File, File) {
    let (reader, writer) = std::io::pipe().unwrap();
    (std::os::fd::OwnedFd::from(reader).into(), std::os::fd::OwnedFd::from(writer).into())
}

/// Opens a directory as a file.
pub(crate) fn open_dir(path: &Path) -> File {
    File::open(path).unwrap()
}

/// A name as guests get it.
pub(crate) fn bytes(name: &OsStr) -> Vec<u8> {
    name.as_bytes().to_vec()
}

/// A name that is no UTF-8.
pub(crate) fn no_unicode(start: &str) -> OsString {
    OsString::from_vec([start.as_bytes(), b"\xff"].concat())
}

/// The attributes that guests are told, but for the numbers, which are hidden from them.
pub(crate) fn filestat(_: &Path, metadata: &Metadata) -> Filestat {
    let filetype = match metadata.file_type() {
        ty if ty.is_dir() => Filetype::Directory,
        ty if ty.is_file() => Filetype::RegularFile,
        ty if ty.is_symlink() => Filetype::SymbolicLink,
        ty if ty.is_socket() => Filetype::SocketStream,
        _ => Filetype::Unknown,
    };
    let nanos = |seconds: i64, nanos: i64| {
        u64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(nanos)).unwrap()
    };
    let mut stat = Filestat::new(filetype);
    stat.dev = metadata.dev();
    stat.ino = metadata.ino();
    stat.nlink = metadata.nlink();
    stat.size = metadata.size();
    stat.atim = nanos(metadata.atime(), metadata.atime_nsec());
    stat.mtim = nanos(metadata.mtime(), metadata.mtime_nsec());
    stat.ctim = nanos(metadata.ctime(), metadata.ctime_nsec());
    stat
}

/// Type, mode, links and modification time, as a test compares them.
pub(crate) fn describe(_: &Path, metadata: &Metadata) -> String {
    format!(
        "{:o} links {} ino {} mtime {}.{:09}",
        metadata.mode(),
        metadata.nlink(),
        metadata.ino(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    )
}

/// Adds what only Unix has: a FIFO, and a link to what is no UTF-8.
pub(crate) fn populate(path: &Path) {
    symlink(OsStr::from_bytes(b"\xff"), path.join("rawlink")).unwrap();
    make_fifo(&path.join("fifo"));
}

/// Makes a FIFO, which the user can read and write.
pub(crate) fn make_fifo(path: &Path) {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR).unwrap();
}

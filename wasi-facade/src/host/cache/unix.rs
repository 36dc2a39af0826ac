//! Whose a directory is, by owners and modes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What makes a directory the user's alone.
pub(super) const MAKES_PRIVATE: &str = "chmod 700";

/// Makes `dir` for this user alone. Directories above it get their usual permissions.
pub(super) fn make_private(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Is `dir` the user's own, with access for nobody else?
pub(super) fn is_private(dir: &Path) -> io::Result<bool> {
    let dir = fs::metadata(dir)?;
    Ok(dir.uid() == rustix::process::geteuid().as_raw() && dir.mode() & 0o077 == 0)
}

/// The directory above `dir` in which somebody else could put another one in its place: one of another user's, or one
/// that others can write and that lets them rename what is not theirs (it has no sticky bit).
pub(super) fn replaceable(dir: &Path) -> io::Result<Option<PathBuf>> {
    let user = fs::metadata(dir)?.uid();
    for above in dir.ancestors().skip(1) {
        let metadata = fs::metadata(above)?;
        let is_safe = (metadata.uid() == user || metadata.uid() == 0)
            && (metadata.mode() & 0o022 == 0 || metadata.mode() & 0o1000 != 0);
        if !is_safe {
            return Ok(Some(above.to_owned()));
        }
    }
    Ok(None)
}

/// Opens a file to set its times, for which its owner needs no more.
pub(super) fn open_to_date(file: &Path) -> io::Result<File> {
    File::open(file)
}

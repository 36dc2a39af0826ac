//! The creation of a folder that only its owner can write to, and the check of one that exists.

use std::fs;
use std::io;
use std::path::Path;
use wasi_nn::Error;

/// Creates the folder for this user alone, unless it is there; one that others can write to is an error.
pub(super) fn private(folder: &Path) -> Result<&str, Error> {
    let shown = folder.display();
    let failed = |error| Error::runtime(format!("cannot use the cache folder {shown}: {error}"));
    create(folder).map_err(failed)?;
    if others_can_write(folder).map_err(failed)? {
        let text =
            format!("others can write to the cache folder {shown}; take it from them, or choose another");
        return Err(Error::runtime(text));
    }
    folder.to_str().ok_or_else(|| Error::runtime(format!("the cache folder {shown} is not valid Unicode")))
}

/// Folders above it get their usual permissions.
#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Its owner can, if that is somebody else: a new file tells who this user is.
#[cfg(unix)]
fn others_can_write(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    use std::sync::atomic::{AtomicU32, Ordering};
    static PROBES: AtomicU32 = AtomicU32::new(0);
    let number = PROBES.fetch_add(1, Ordering::Relaxed);
    let probe = folder.join(format!(".probe-{}-{number}", std::process::id()));
    let user = fs::File::create_new(&probe)?.metadata()?.uid();
    fs::remove_file(&probe)?;
    let folder = fs::metadata(folder)?;
    Ok(folder.uid() != user || folder.mode() & 0o022 != 0)
}

/// Elsewhere a folder below the user's own is the user's own.
#[cfg(not(unix))]
fn create(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn others_can_write(_: &Path) -> io::Result<bool> {
    Ok(false)
}

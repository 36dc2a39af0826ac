//! The choice of the directory for the cache of compiled code.

use crate::failure::{Failure, complain};
use crate::granted;
use std::env;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use wasi_facade::{Cache, CacheError};

/// The cache in `chosen`, or the user's own, which a guest could write through none of the `granted` directories.
///
/// A default that cannot be used costs speed, not the run; one that the user chose is an error. Where the user's directory
/// cannot be written, as in many containers, there is no default, and nothing to say about it.
pub(crate) fn cache(chosen: Option<&Path>, granted: &[&Path]) -> Result<Option<Cache>, Failure> {
    let Some(dir) = chosen.map(Path::to_owned).or_else(directory) else { return Ok(None) };
    let opened =
        granted::protect(granted, &dir, "the cache of compiled code", "choose another with `--cache`")
            .map(|()| Cache::open(&dir));
    let failure = match opened {
        Ok(Ok(cache)) => return Ok(Some(cache)),
        Ok(Err(CacheError::Io { error, .. })) if chosen.is_none() && is_shut(&error) => return Ok(None),
        Ok(Err(error)) => Failure::new(error),
        Err(failure) => failure,
    };
    if chosen.is_some() {
        return Err(failure);
    }
    complain(format_args!("{failure}; this run compiles anew (`--no-cache`)"));
    Ok(None)
}

/// Does the system keep this user from the directory?
fn is_shut(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}

/// `wasi` in the user's directory for caches, which `XDG_CACHE_HOME` can move; on Windows that of what stays on the machine.
fn directory() -> Option<PathBuf> {
    let caches = match env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(dir) if dir.is_absolute() => dir,
        _ if cfg!(windows) => PathBuf::from(env::var_os("LOCALAPPDATA")?),
        _ if cfg!(target_os = "macos") => env::home_dir()?.join("Library/Caches"),
        _ => env::home_dir()?.join(".cache"),
    };
    Some(caches.join("wasi"))
}

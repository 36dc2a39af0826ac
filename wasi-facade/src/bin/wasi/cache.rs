//! Where the command keeps compiled code.

use crate::failure::complain;
use std::env;
use std::path::PathBuf;
use wasi_facade::Cache;

/// The user's cache, if there is a place for it. One that cannot be used costs speed, not the run.
pub(crate) fn user_cache() -> Option<Cache> {
    match Cache::open(directory()?) {
        Ok(cache) => Some(cache),
        Err(error) => {
            complain(format_args!("{error} (`--no-cache`)"));
            None
        }
    }
}

/// `wasi` in the user's directory for caches, which `XDG_CACHE_HOME` can move.
fn directory() -> Option<PathBuf> {
    let caches = match env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(dir) if dir.is_absolute() => dir,
        _ if cfg!(target_os = "macos") => env::home_dir()?.join("Library/Caches"),
        _ => env::home_dir()?.join(".cache"),
    };
    Some(caches.join("wasi"))
}

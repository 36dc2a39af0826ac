//! What the compiler cannot check: the command's one module with unsafe code.
#![allow(unsafe_code, reason = "see each block")]

use crate::failure::Failure;
use std::path::Path;
use wasi_facade::{Host, Program};

/// Loads compiled code that the user vouched for.
pub(crate) fn load_precompiled(host: &Host, name: &str, file: &Path) -> Result<Program, Failure> {
    // SAFETY: the user said `--allow-precompiled`, whose help asks for what this needs: that the file is
    // what `wasi compile` wrote. `wasi compile` replaces files and never changes one in place.
    Ok(unsafe { host.load_precompiled(name, file) }?)
}

/// Lets a write to a closed pipe end the process without a word, as it does for other commands. Rust
/// programs ignore the signal and would have the guest complain.
#[cfg(unix)]
pub(crate) fn end_quietly_on_closed_pipes() {
    // SAFETY: setting the default action installs no handler, and no other thread runs yet that could
    // depend on the signal.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

#[cfg(not(unix))]
pub(crate) fn end_quietly_on_closed_pipes() {}

//! The unsafe calls of the command, for signals, compiled code, and a variable of its environment: the command's one module
//! with unsafe code, and below it a module for each system.
#![allow(unsafe_code, reason = "see each block")]

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

use crate::failure::Failure;
use std::path::Path;
use wasi_facade::backend::onnxruntime::NO_TELEMETRY;
use wasi_facade::{Host, Program};

pub(crate) use system::{end_by_ctrl_c, is_ctrl_c_ignored, on_ctrl_c, stdout, survive_large_writes};

/// Has ONNX Runtime report nothing to its maker, unless whoever started this process has said something about that. For `main`
/// alone, before it starts a thread.
pub(crate) fn keep_onnx_runtime_quiet() {
    let (name, value) = NO_TELEMETRY;
    if std::env::var_os(name).is_none() {
        // SAFETY: there is no other thread, as `main` sees to, so nobody reads or writes the environment meanwhile.
        unsafe { std::env::set_var(name, value) };
    }
}

/// Loads compiled code that the user vouched for.
pub(crate) fn load_precompiled(host: &Host, name: &str, file: &Path) -> Result<Program, Failure> {
    // SAFETY: the user said `--allow-precompiled`, whose help asks for what this needs: that the file is
    // what `wasi compile` wrote. `wasi compile` replaces files and never changes one in place.
    Ok(unsafe { host.load_precompiled(name, file) }?)
}

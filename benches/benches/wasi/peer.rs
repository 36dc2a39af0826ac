//! The peer: preview1 of Wasmtime's own project.

use crate::running::{ENGINE, Running};
use std::path::Path;
use wasmtime::{Linker, Module, Store};
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// The context of a guest with `dir` as its only directory.
pub(crate) fn context(dir: &Path) -> WasiP1Ctx {
    WasiCtxBuilder::new()
        .args(&["bench", "me"])
        // Without it, files are read on other threads; its own command line asks for it too.
        .allow_blocking_current_thread(true)
        .preopened_dir(dir, "/", FsPerms::ReadWrite)
        .expect("the directory is there")
        .build_p1()
}

/// A linker with all of the peer's calls.
pub(crate) fn linker() -> Linker<WasiP1Ctx> {
    let mut linker = Linker::new(&ENGINE);
    add_to_linker_sync(&mut linker, |context| context).expect("the linker was empty");
    linker
}

/// Starts a guest on the peer.
pub(crate) fn start(module: &[u8], dir: &Path) -> Running<WasiP1Ctx> {
    let module = Module::new(&ENGINE, module).expect("guests are valid");
    let mut store = Store::new(&ENGINE, context(dir));
    let instance = linker().instantiate(&mut store, &module).expect("the peer has all imports");
    Running::new(store, instance)
}

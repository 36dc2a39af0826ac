//! The loading of compiled code from files: the crate's one module with unsafe code.
#![allow(unsafe_code, reason = "Wasmtime cannot tell its own compiled code from a forgery")]

use super::{Loaded, config, prepared, say, shape};
use crate::Suite;
use crate::host::bounds::Checks;
#[cfg(feature = "cache")]
use crate::host::cache::CacheEntry;
use crate::host::engine::contained;
use crate::host::error::{Error, Reason};
use crate::host::options::Options;
use crate::host::program::Program;
use crate::host::{Host, engine, needs};
use std::fs;
use std::path::Path;
use wasmtime::Module;

impl<S: Suite> Host<S> {
    /// Compiles a module for later, without regard to what it imports. `name` is for error messages.
    ///
    /// The result is for this version of this library on this kind of processor. It holds native code:
    /// keep it where only those can write who may run programs in your name.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module is not valid, or the engine is an interpreter.
    pub fn precompile(&self, name: &str, module: &[u8]) -> Result<Vec<u8>, Error> {
        self.with_binary(name, module, |binary, shape| {
            check_compiles(&self.options)?;
            // Compiled files must serve runs with any limits, so they make no checks.
            let engine = config::engine(&self.options, Checks::NONE, None)?;
            let module = prepared(&self.options, binary, &shape)?;
            #[cfg(feature = "isolate")]
            if let Some(workers) = &self.options.workers {
                return super::remote::compile(workers, &self.options, Checks::NONE, &module);
            }
            contained(|| engine.precompile_module(&module).map_err(|error| Reason::Invalid(say(&error))))
        })
    }

    /// Links a file that [`precompile`](Self::precompile) made. Its pages are mapped as they are needed.
    ///
    /// # Safety
    ///
    /// The file must be the unchanged output of `precompile`, of any version, and must not change while the
    /// program lives: anything else is native code of unknown origin.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the file was compiled by another version, for another processor or with other
    /// options, or imports what it may not.
    pub unsafe fn load_precompiled(&self, name: &str, file: &Path) -> Result<Program<S>, Error> {
        let load = || {
            check_compiles(&self.options)?;
            if self.options.limits.fuel.is_some() {
                return Err(Reason::CannotCount);
            }
            let loaded = Loaded::of_code(&self.options, Checks::NONE, |engine| {
                // SAFETY: the caller promises what Wasmtime asks for.
                let module = unsafe { of_file(engine, file) };
                module.map_err(|error| Reason::Mismatch(say(&error)))
            });
            self.link_loaded(name, loaded?, Checks::NONE)
        };
        load().map_err(|reason| Error::new(name, reason))
    }

    pub(super) fn link_loaded(
        &self,
        name: &str,
        loaded: Loaded,
        checks: Checks,
    ) -> Result<Program<S>, Reason> {
        let shape = shape::of(&loaded.module);
        needs::check::<S>(&self.gate, &self.options, &shape)?;
        self.link(name, engine::Loaded::Wasmtime(loaded), shape, checks)
    }
}

/// Refuses an engine that does not compile.
fn check_compiles(options: &Options) -> Result<(), Reason> {
    match options.engine {
        crate::Engine::Wasmtime => Ok(()),
        #[cfg(feature = "wasmi")]
        crate::Engine::Wasmi => Err(Reason::NoCompiler),
    }
}

/// The code of an entry, if it is there and whole.
#[cfg(feature = "cache")]
pub(super) fn load(entry: &CacheEntry<'_>, engine: &wasmtime::Engine) -> Option<Module> {
    // SAFETY: an entry is a file in a directory that nobody but this user can write, and that holds only
    // what `Module::serialize` gave: `Cache` saw to the first when it was opened, and `find_or_compile` is
    // the only one to write. Files are written whole under another name and never changed after.
    entry.load(|file| unsafe { of_file(engine, file) }).ok()
}

/// The code in a file. Its pages are mapped; where the system maps no code from the file, all of it is read: Linux maps none
/// from file systems that run no programs (`noexec`), and Wine from no file at all.
///
/// # Safety
///
/// What `Module::deserialize_file` asks for.
unsafe fn of_file(engine: &wasmtime::Engine, file: &Path) -> wasmtime::Result<Module> {
    // SAFETY: the caller promises what is asked for.
    let mapped = unsafe { Module::deserialize_file(engine, file) };
    match mapped {
        // Only a file ends for certain.
        Err(error) if file.is_file() => match fs::read(file) {
            // SAFETY: as before; and the bytes were copied.
            Ok(code) => unsafe { Module::deserialize(engine, code) },
            Err(_) => Err(error),
        },
        mapped => mapped,
    }
}

/// The code that a worker made of a module.
#[cfg(feature = "isolate")]
pub(super) fn of_worker(engine: &wasmtime::Engine, code: &[u8]) -> Result<Module, Reason> {
    // SAFETY: it is what `Engine::precompile_module` gave in a process that runs this library's service and nothing else,
    // and it was copied here, so that nobody changes it. A module that takes over the compiler could have other code made;
    // it would be this process that it had taken over, if it were compiled here. SECURITY.md has more.
    let module = unsafe { Module::deserialize(engine, code) };
    module.map_err(|error| Reason::Mismatch(say(&error)))
}

//! The compilation of a module by way of the cache.

use super::{Loaded, artifact, compile};
use crate::Suite;
use crate::host::Host;
use crate::host::bounds::Checks;
use crate::host::error::{Error, Reason};
use crate::host::options::Options;
use crate::host::program::Program;
use crate::host::shape::Shape;
use std::fs::File;
use std::path::Path;
use wasmtime::{Engine, Module};

impl<S: Suite> Host<S> {
    /// Links the binary module in `file` if its code is in the cache: the quickest start, since the module
    /// itself is hashed but not read into memory.
    ///
    /// Gives nothing if there is no cache, no such code, or no such file; `compile` then has the answer.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the module imports what it may not.
    pub fn find_cached(&self, name: &str, file: &Path) -> Result<Option<Program<S>>, Error> {
        let checks = Checks::of(&self.options);
        let found = || {
            let cache = self.options.cache.as_ref()?;
            let load = |engine: &Engine| {
                let source = File::open(file).map_err(|_| None)?;
                // A pipe can be read once, and `compile` will need what it gives.
                if !source.metadata().is_ok_and(|metadata| metadata.is_file()) {
                    return Err(None);
                }
                let entry = cache.entry(source, engine.precompile_compatibility_hash()).map_err(|_| None)?;
                artifact::load(&entry, engine).ok_or(None)
            };
            Loaded::of_code(&self.options, checks, load).ok()
        };
        if self.options.engine != crate::Engine::Wasmtime {
            return Ok(None);
        }
        let link = |loaded| self.link_loaded(name, loaded, checks);
        found().map(link).transpose().map_err(|reason| Error::new(name, reason))
    }
}

/// Compiles a module, and keeps its code where there is a cache.
pub(super) fn find_or_compile(
    options: &Options,
    engine: &Engine,
    binary: &[u8],
    shape: &Shape,
) -> Result<Module, Reason> {
    let Some(cache) = &options.cache else { return compile(options, engine, binary, shape) };
    let Ok(entry) = cache.entry(binary, engine.precompile_compatibility_hash()) else {
        return compile(options, engine, binary, shape);
    };
    if let Some(module) = artifact::load(&entry, engine) {
        return Ok(module);
    }
    let module = compile(options, engine, binary, shape)?;
    // A full disk only costs the next start its speed.
    if let Ok(code) = module.serialize() {
        let _ = entry.store(&code);
    }
    Ok(module)
}

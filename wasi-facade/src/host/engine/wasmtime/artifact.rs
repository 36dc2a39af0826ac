//! Compiled code that comes from a file: the crate's one module with unsafe code.
#![allow(unsafe_code, reason = "Wasmtime cannot tell its own compiled code from a forgery")]

use super::config::{self, Checks};
use super::{Loaded, say};
use crate::Suite;
use crate::host::shape::{Export, Import, Kind, Shape, Signature};
use crate::host::{Error, Host, Options, Program, Reason, engine, needs};
use std::path::Path;
use wasi_policy::ValType;
use wasmtime::{Engine, ExternType, FuncType, Module};

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
        self.with_binary(name, module, |binary, _| {
            let engine = plain_engine(&self.options)?;
            engine.precompile_module(binary).map_err(|error| Reason::Invalid(say(&error)))
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
            let engine = plain_engine(&self.options)?;
            if self.options.fuel.is_some() {
                return Err(Reason::CannotCount);
            }
            // SAFETY: the caller promises what Wasmtime asks for.
            let module = unsafe { Module::deserialize_file(&engine, file) };
            let module = module.map_err(|error| Reason::Mismatch(say(&error)))?;
            let shape = shape(&module);
            needs::check::<S>(&self.gate, &shape)?;
            let loaded = engine::Loaded::Wasmtime(Loaded { engine, module, checks: Checks::NONE });
            Program::link(name, loaded, shape, &self.gate, &self.options)
        };
        load().map_err(|reason| Error::new(name, reason))
    }
}

/// The engine for compiled files. They must serve runs with any limits, so they make no checks.
fn plain_engine(options: &Options) -> Result<Engine, Reason> {
    match options.engine {
        crate::Engine::Wasmtime => config::engine(options, Checks::NONE),
        #[cfg(feature = "wasmi")]
        crate::Engine::Wasmi => Err(Reason::NoCompiler),
    }
}

/// The compiled form of `binary`, from the cache where there is one.
#[cfg(feature = "cache")]
pub(super) fn cached(options: &Options, engine: &Engine, binary: &[u8]) -> Result<Module, Reason> {
    let Some(cache) = &options.cache else { return compile(engine, binary) };
    let entry = cache.entry(binary, engine.precompile_compatibility_hash());
    // SAFETY: an entry is a file in a directory that nobody but this user can write, and that holds only
    // what `serialize` made below: `Cache` saw to the first when it was opened, and is the only one to
    // write. Its files are written whole under another name and never changed after.
    if let Ok(module) = entry.load(|file| unsafe { Module::deserialize_open_file(engine, file) }) {
        return Ok(module);
    }
    let module = compile(engine, binary)?;
    // A full disk only costs the next start its speed.
    if let Ok(code) = module.serialize() {
        let _ = entry.store(&code);
    }
    Ok(module)
}

/// The compiled form of `binary`.
#[cfg(not(feature = "cache"))]
pub(super) fn cached(_: &Options, engine: &Engine, binary: &[u8]) -> Result<Module, Reason> {
    compile(engine, binary)
}

fn compile(engine: &Engine, binary: &[u8]) -> Result<Module, Reason> {
    Module::from_binary(engine, binary).map_err(|error| Reason::Invalid(say(&error)))
}

/// What compiled code remembers of its module's imports and exports.
fn shape(module: &Module) -> Shape {
    let import = |import: wasmtime::ImportType<'_>| Import {
        module: import.module().to_owned(),
        name: import.name().to_owned(),
        kind: kind(&import.ty()),
    };
    let export = |export: wasmtime::ExportType<'_>| Export {
        name: export.name().to_owned(),
        kind: kind(&export.ty()),
    };
    Shape { imports: module.imports().map(import).collect(), exports: module.exports().map(export).collect() }
}

fn kind(ty: &ExternType) -> Kind {
    match ty {
        ExternType::Func(ty) => function(ty),
        _ => Kind::Other,
    }
}

fn function(ty: &FuncType) -> Kind {
    match (ty.params().map(number).collect(), ty.results().map(number).collect()) {
        (Some(params), Some(results)) => Kind::Func(Signature { params, results }),
        _ => Kind::OtherFunc,
    }
}

fn number(ty: wasmtime::ValType) -> Option<ValType> {
    match ty {
        wasmtime::ValType::I32 => Some(ValType::I32),
        wasmtime::ValType::I64 => Some(ValType::I64),
        wasmtime::ValType::F32 => Some(ValType::F32),
        wasmtime::ValType::F64 => Some(ValType::F64),
        wasmtime::ValType::V128 | wasmtime::ValType::Ref(_) => None,
    }
}

//! The imports and exports of a module, read without compiling it.

mod exports;

pub(super) use exports::{Export, Exports};

use super::error::Reason;
use super::signature::{Kind, Signature};
use std::fmt;
use wasi_policy::{Printable, ValType};
use wasmparser::{Chunk, CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef};

/// The import by which toolchains for wasi-threads give all instances of a program one memory.
pub(super) const THREADS_MEMORY: (&str, &str) = ("env", "memory");

/// Is it that import?
pub(super) fn is_threads_memory(import: &wasmparser::Import<'_>) -> bool {
    let is_shared = matches!(import.ty, TypeRef::Memory(memory) if memory.shared);
    is_shared && (import.module, import.name) == THREADS_MEMORY
}

/// The imports and exports of a module, in order, and what else matters before it is compiled.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) imports: Vec<Import>,
    pub(super) exports: Exports,
    /// It has a shared memory, its own or an imported one.
    pub(super) shares_memory: bool,
    /// How many memories it has, and tables.
    pub(super) memories: u32,
    pub(super) tables: u32,
    /// The most entries that one of its tables has from the start.
    pub(super) largest_table: u64,
    /// It imports the memory of programs for threads, which is not among the imports: the host makes it.
    pub(super) imports_memory: bool,
    /// It has a start function.
    #[cfg(feature = "wasmi")]
    pub(super) has_start: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl Import {
    /// Its module and its name there.
    pub(super) fn names(&self) -> (&str, &str) {
        (&self.module, &self.name)
    }
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", Printable::new(&self.module), Printable::new(&self.name))
    }
}

impl Shape {
    /// Reads a binary module.
    ///
    /// Code and data are stepped over, not validated: engines do that, and a module of any size is read in
    /// the time its import and export sections take.
    pub(super) fn of(binary: &[u8]) -> Result<Self, Reason> {
        if Parser::is_component(binary) {
            return Err(Reason::Component);
        }
        let mut sections = Sections::default();
        let mut parser = Parser::new(0);
        let mut rest = binary;
        loop {
            let chunk = parser.parse(rest, rest.is_empty()).map_err(Reason::malformed)?;
            let Chunk::Parsed { consumed, payload } = chunk else {
                return Err(Reason::Truncated { size: binary.len() });
            };
            rest = rest.get(consumed..).unwrap_or_default();
            match payload {
                Payload::CodeSectionStart { size, .. } => {
                    parser.skip_section();
                    rest = usize::try_from(size)
                        .ok()
                        .and_then(|size| rest.get(size..))
                        .ok_or(Reason::Truncated { size: binary.len() })?;
                }
                Payload::End(_) => return Ok(sections.shape),
                payload => sections.read(payload).map_err(Reason::malformed)?,
            }
        }
    }
}

/// The index spaces that imports and exports refer to.
#[derive(Default)]
struct Sections {
    types: Vec<Kind>,
    functions: Vec<u32>,
    shape: Shape,
}

impl Sections {
    fn read(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => function(ty),
                            _ => Kind::Other,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    // A second one would have to be the same memory.
                    if is_threads_memory(&import) && !self.shape.imports_memory {
                        self.shape.imports_memory = true;
                        self.shape.shares_memory = true;
                        self.shape.memories = self.shape.memories.saturating_add(1);
                        continue;
                    }
                    let kind = match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            self.functions.push(ty);
                            self.of_type(ty)
                        }
                        _ => Kind::Other,
                    };
                    let (module, name) = (import.module.to_owned(), import.name.to_owned());
                    self.shape.imports.push(Import { module, name, kind });
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.shape.shares_memory |= memory?.shared;
                    self.shape.memories = self.shape.memories.saturating_add(1);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.shape.largest_table = self.shape.largest_table.max(table?.ty.initial);
                    self.shape.tables = self.shape.tables.saturating_add(1);
                }
            }
            #[cfg(feature = "wasmi")]
            Payload::StartSection { .. } => self.shape.has_start = true,
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::ExportSection(section) => {
                let export = |export: wasmparser::Result<wasmparser::Export<'_>>| {
                    let export = export?;
                    let kind = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => self.of_function(export.index),
                        _ => Kind::Other,
                    };
                    Ok(Export { name: export.name.to_owned(), kind })
                };
                // A module that has two sections of them is not valid.
                self.shape.exports = section.into_iter().map(export).collect::<wasmparser::Result<_>>()?;
            }
            _ => {}
        }
        Ok(())
    }

    fn of_function(&self, index: u32) -> Kind {
        let ty = usize::try_from(index).ok().and_then(|index| self.functions.get(index));
        ty.map_or(Kind::Other, |ty| self.of_type(*ty))
    }

    /// A dangling index is for the engine to complain about, when it validates.
    fn of_type(&self, index: u32) -> Kind {
        let ty = usize::try_from(index).ok().and_then(|index| self.types.get(index));
        ty.cloned().unwrap_or(Kind::Other)
    }
}

fn function(ty: &FuncType) -> Kind {
    let numbers = |types: &[wasmparser::ValType]| types.iter().map(|ty| number(*ty)).collect();
    match (numbers(ty.params()), numbers(ty.results())) {
        (Some(params), Some(results)) => Kind::Func(Signature { params, results }),
        _ => Kind::OtherFunc,
    }
}

fn number(ty: wasmparser::ValType) -> Option<ValType> {
    match ty {
        wasmparser::ValType::I32 => Some(ValType::I32),
        wasmparser::ValType::I64 => Some(ValType::I64),
        wasmparser::ValType::F32 => Some(ValType::F32),
        wasmparser::ValType::F64 => Some(ValType::F64),
        wasmparser::ValType::V128 => Some(ValType::V128),
        wasmparser::ValType::Ref(_) => None,
    }
}

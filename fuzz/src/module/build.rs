//! The bytes of a module.

use super::emit::{self, Around, Emit};
use super::sections::{Custom, Function, Kind, Place};
use super::{Module, Name};
use crate::number::count;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, IndirectNameMap, MemorySection,
    MemoryType, NameMap, NameSection, RefType, Section, StartSection, TableSection, TableType, TagKind,
    TagSection, TagType, TypeSection, ValType,
};

/// The most functions and names of them.
const MAX_FUNCTIONS: u32 = 20_000;

/// The most bytes of a section that is not code.
const MAX_BYTES: usize = 1 << 20;

impl Module {
    /// The bytes, which may be no module.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let functions: Vec<&Function> = self
            .functions
            .iter()
            .flat_map(|function| std::iter::repeat_n(function, count(function.copies) + 1))
            .take(MAX_FUNCTIONS as usize)
            .collect();
        let mut sections = vec![
            (Place::Types, bytes(&self.types())),
            (Place::Types, bytes(&self.imports())),
            (Place::Functions, bytes(&function_types(&self.types, &functions))),
            (Place::Functions, bytes(&self.tables())),
            (Place::Functions, bytes(&self.memories())),
            (Place::Functions, if self.throws { bytes(&tags()) } else { Vec::new() }),
            (Place::Functions, bytes(&globals(count(self.globals)))),
            (Place::Functions, bytes(&self.exports(!functions.is_empty()))),
        ];
        if self.starts && !functions.is_empty() {
            sections.push((Place::Functions, bytes(&StartSection { function_index: self.first() })));
        }
        sections.push((Place::Functions, bytes(&self.elements())));
        sections.push((Place::Code, bytes(&self.code(&functions))));
        sections.push((Place::Code, bytes(&self.data())));
        if let Some((one, other)) = self.swapped {
            let count = sections.len();
            sections.swap(usize::from(one) % count, usize::from(other) % count);
        }
        self.assemble(&sections)
    }

    /// The sections in a row, with the others between them.
    fn assemble(&self, sections: &[(Place, Vec<u8>)]) -> Vec<u8> {
        let mut module = wasm_encoder::Module::HEADER.to_vec();
        let custom = |module: &mut Vec<u8>, place| {
            for (_, custom) in self.custom.iter().filter(|(at, _)| *at == place) {
                module.extend(self.custom(custom));
            }
        };
        custom(&mut module, Place::First);
        for place in [Place::Types, Place::Functions, Place::Code] {
            for (_, section) in sections.iter().filter(|(at, _)| *at == place) {
                module.extend_from_slice(section);
            }
            custom(&mut module, place);
        }
        custom(&mut module, Place::Last);
        module
    }

    /// The number of the first function of its own.
    fn first(&self) -> u32 {
        self.imports.len() as u32
    }

    fn types(&self) -> TypeSection {
        let mut section = TypeSection::new();
        section.ty().function([], []);
        for ty in &self.types {
            section.ty().function(emit::values(&ty.params), emit::values(&ty.results));
        }
        section
    }

    fn imports(&self) -> ImportSection {
        let mut section = ImportSection::new();
        for (ty, name) in &self.imports {
            let ty = EntityType::Function(emit::number(&self.types, *ty));
            section.import("wasi_snapshot_preview1", &name.text(), ty);
        }
        section
    }

    fn tables(&self) -> TableSection {
        let mut section = TableSection::new();
        for size in [10].iter().chain(&self.tables) {
            section.table(TableType {
                element_type: RefType::FUNCREF,
                minimum: u64::from(*size),
                maximum: None,
                table64: false,
                shared: false,
            });
        }
        section
    }

    fn memories(&self) -> MemorySection {
        let mut section = MemorySection::new();
        for pages in [1].iter().chain(&self.memories) {
            let minimum = u64::from(*pages);
            let ty =
                MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None };
            section.memory(ty);
        }
        section
    }

    fn exports(&self, has_function: bool) -> ExportSection {
        let mut section = ExportSection::new();
        section.export("memory", ExportKind::Memory, 0);
        if has_function {
            let entry = if self.starts { "entry" } else { "_start" };
            section.export(entry, ExportKind::Func, self.first());
            for name in &self.exports {
                section.export(&name.text(), ExportKind::Func, self.first());
            }
        }
        section
    }

    fn elements(&self) -> ElementSection {
        let mut section = ElementSection::new();
        for entries in &self.elements {
            let functions = vec![0; count(*entries)];
            section.active(None, &ConstExpr::i32_const(0), Elements::Functions(functions.into()));
        }
        section
    }

    fn data(&self) -> DataSection {
        let mut section = DataSection::new();
        for len in &self.data {
            section.active(0, &ConstExpr::i32_const(0), vec![b'd'; count(*len)]);
        }
        section
    }

    fn code(&self, functions: &[&Function]) -> CodeSection {
        let imported = self.imports.iter().map(|(ty, _)| *ty);
        let types: Vec<u32> = imported.chain(functions.iter().map(|function| function.ty)).collect();
        let mut section = CodeSection::new();
        for function in functions {
            let params = emit::signature(&self.types, function.ty).params;
            let locals = [params, function.locals.clone()].concat();
            let spent = section.byte_len();
            let around = Around {
                types: &self.types,
                functions: &types,
                globals: count(self.globals) as u32,
                throws: self.throws,
                locals: &locals,
                spent,
            };
            let own = function.locals.iter().map(|many| (count(many.count) as u32, emit::value(many.ty)));
            let mut body = wasm_encoder::Function::new(own);
            body.raw(Emit::body(&around, function.ty, &function.body));
            body.instructions().end();
            section.function(&body);
        }
        section
    }

    fn custom(&self, custom: &Custom) -> Vec<u8> {
        match custom {
            Custom::Names { kind, names, again } => bytes(&self.names(*kind, names, *again)),
            Custom::Dwarf { inlined, beside, units } => {
                let abbreviations =
                    b"\x01\x11\x01\x11\x01\x12\x06\0\0\x02\x2e\x01\x11\x01\x12\x06\0\0\x03\x1d\x01\0\0\0";
                let unit = unit(count(*inlined), count(*beside));
                let all = unit.repeat((*units).min(40) as usize + 1);
                [plain(".debug_abbrev", abbreviations), plain(".debug_info", &all)].concat()
            }
            Custom::Lines { rows } => plain(".debug_line", &lines(count(*rows))),
            Custom::Plain { name, bytes, with } => plain(&name.text(), &vec![*with; count(*bytes)]),
        }
    }

    fn names(&self, kind: Kind, names: &[Name], again: u32) -> NameSection {
        let texts: Vec<String> = names.iter().map(Name::text).collect();
        let last = texts.last().cloned().unwrap_or_default();
        let room = MAX_BYTES / (last.len() + 8);
        let mut map = NameMap::new();
        let all = texts.iter().chain(std::iter::repeat_n(&last, (again as usize).min(room)));
        for (index, name) in (self.first()..).zip(all) {
            map.append(index, name);
        }
        let mut section = NameSection::new();
        match kind {
            Kind::Module => section.module(&last),
            Kind::Functions => section.functions(&map),
            Kind::Locals => {
                let mut functions = IndirectNameMap::new();
                functions.append(self.first(), &map);
                section.locals(&functions);
            }
        }
        section
    }
}

fn bytes(section: &impl Section) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.append_to(&mut bytes);
    bytes
}

fn plain(name: &str, data: &[u8]) -> Vec<u8> {
    bytes(&CustomSection { name: name.into(), data: data.into() })
}

fn function_types(types: &[super::Signature], functions: &[&Function]) -> FunctionSection {
    let mut section = FunctionSection::new();
    for function in functions {
        section.function(emit::number(types, function.ty));
    }
    section
}

fn globals(count: usize) -> GlobalSection {
    let mut section = GlobalSection::new();
    for _ in 0..count {
        let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        section.global(ty, &ConstExpr::i64_const(0));
    }
    section
}

/// One tag, of what has no values.
fn tags() -> TagSection {
    let mut section = TagSection::new();
    section.tag(TagType { kind: TagKind::Exception, func_type_idx: 0 });
    section
}

/// A unit of debug information with functions inside each other and beside each other (DWARF 4, 7.5).
fn unit(inlined: usize, beside: usize) -> Vec<u8> {
    let range = [1_u32.to_le_bytes(), 0xffff_u32.to_le_bytes()].concat();
    let mut entries = [vec![1], range.clone()].concat();
    for _ in 0..=beside.min(MAX_BYTES / 20) {
        entries.push(2);
        entries.extend_from_slice(&range);
        entries.extend(std::iter::repeat_n(3, inlined.min(MAX_BYTES)));
        entries.extend(std::iter::repeat_n(0, inlined.min(MAX_BYTES) + 1));
        if entries.len() > MAX_BYTES {
            break;
        }
    }
    entries.push(0);
    let unit = [vec![4, 0, 0, 0, 0, 0, 4], entries].concat();
    [(unit.len() as u32).to_le_bytes().to_vec(), unit].concat()
}

/// A line program that appends rows, one a byte (DWARF 4, 6.2).
fn lines(rows: usize) -> Vec<u8> {
    let header = [1, 1, 1, 251, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, b'a', 0, b'f', 0, 1, 0, 0, 0];
    let mut body = vec![4, 0];
    body.extend((header.len() as u32).to_le_bytes());
    body.extend(header);
    body.extend([0, 5, 2, 0, 0, 0, 0]);
    body.extend(std::iter::repeat_n(20, rows.min(MAX_BYTES)));
    body.extend([0, 1, 1]);
    [(body.len() as u32).to_le_bytes().to_vec(), body].concat()
}

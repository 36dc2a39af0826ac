//! The rewrite of a module for threads, whose imported memory becomes a memory of its own.
//!
//! Toolchains for wasi-threads have each program import its shared memory, since all its threads' instances share one.
//! Here a program is one instance, and a memory that it defines is the same to it: no index changes, and each run has
//! a memory of its own, within the limits for memories.

use crate::host::engine::encode::{HEADER, Section, items, number, section};
use crate::host::shape::{Shape, is_threads_memory};
use std::borrow::Cow;
use std::ops::Range;
use wasmparser::{BinaryReader, ImportSectionReader, Imports, Parser, Payload};

/// The numbers of sections (WebAssembly core specification, 5.5.2).
const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const TABLES: u8 = 4;
const MEMORIES: u8 = 5;

/// The module with the memory as its own, if it imports one. What is malformed stays as it is, for Wasmtime to name.
pub(super) fn with_own_memory<'m>(binary: &'m [u8], shape: &Shape) -> Cow<'m, [u8]> {
    let changed = if shape.imports_memory { rewritten(binary) } else { None };
    changed.map_or(Cow::Borrowed(binary), Cow::Owned)
}

/// Takes the memory out of the imports, which come first in the space of memories, and puts it before the others.
fn rewritten(binary: &[u8]) -> Option<Vec<u8>> {
    let mut sections: Vec<Section> = Vec::new();
    let (mut imports, mut imported, mut memories) = (0u32, None, 0u32);
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload.ok()?;
        sections.extend(payload.as_section());
        match payload {
            Payload::ImportSection(section) => {
                imports = section.count();
                imported = find(section);
            }
            Payload::MemorySection(section) => memories = section.count(),
            _ => {}
        }
    }
    let imported = imported?;
    // An import of a memory is two names, a byte, and what a definition has.
    let mut reader = BinaryReader::new(binary.get(imported.clone())?, 0);
    reader.read_string().ok()?;
    reader.read_string().ok()?;
    reader.read_u8().ok()?;
    let ty = reader.read_bytes(reader.bytes_remaining()).ok()?;
    let mut own = number(memories.checked_add(1)?);
    own.extend_from_slice(ty);

    let before = |kind: u8| (TYPES..=TABLES).contains(&kind);
    let last_before = sections.iter().rposition(|(kind, _)| before(*kind))?;
    let mut changed = binary.get(..HEADER)?.to_vec();
    for (index, (kind, range)) in sections.into_iter().enumerate() {
        let content = binary.get(range.clone())?;
        match kind {
            IMPORTS => {
                let mut rest = number(imports.checked_sub(1)?);
                let first = range.end.checked_sub(items(content)?.len())?;
                rest.extend_from_slice(binary.get(first..imported.start)?);
                rest.extend_from_slice(binary.get(imported.end..range.end)?);
                section(&mut changed, kind, &rest)?;
            }
            MEMORIES => {
                own.extend_from_slice(items(content)?);
                section(&mut changed, kind, &own)?;
            }
            kind => section(&mut changed, kind, content)?,
        }
        if index == last_before && memories == 0 {
            section(&mut changed, MEMORIES, &own)?;
        }
    }
    Some(changed)
}

/// The place of the import.
fn find(section: ImportSectionReader<'_>) -> Option<Range<usize>> {
    let end = section.range().end;
    let mut all = section.into_iter_with_offsets().peekable();
    while let Some(item) = all.next() {
        let (start, imports) = item.ok()?;
        if let Imports::Single(_, import) = imports
            && is_threads_memory(&import)
        {
            let next = all.next().transpose().ok()?;
            return Some(start..next.map_or(end, |(next, _)| next));
        }
    }
    None
}

#[cfg(test)]
#[cfg(feature = "wat")]
mod tests {
    use super::with_own_memory;
    use crate::host::shape::Shape;
    use std::borrow::Cow;

    fn changed(text: &str) -> Vec<u8> {
        let module = wat::parse_str(text).unwrap();
        let shape = Shape::of(&module).unwrap();
        match with_own_memory(&module, &shape) {
            Cow::Owned(changed) => changed,
            Cow::Borrowed(_) => panic!("it stays as it is: {text}"),
        }
    }

    #[test]
    fn it_becomes_its_twin() {
        let shared = "(import \"env\" \"memory\" (memory 2 16 shared))";
        let own = "(memory 2 16 shared)";
        let (f, g) = ("(import \"a\" \"f\" (func $f))", "(import \"a\" \"g\" (global i32))");
        let rest = "(func $x call $f) (global i32 (i32.const 1)) (export \"memory\" (memory 0)) (start $x)
            (data (i32.const 0) \"x\")";
        for (before, after, between) in
            [(f, "", ""), (f, g, ""), (f, "", "(table 1 funcref)"), (f, g, "(table 1 funcref) (tag)")]
        {
            let module = format!("(module {before} {shared} {after} {between} {rest})");
            let twin = format!("(module {before} {after} {between} {own} {rest})");
            assert_eq!(changed(&module), wat::parse_str(&twin).unwrap(), "{module}");
            // Others come after it.
            let module = format!("(module {before} {shared} {after} {between} (memory 7) {rest})");
            let twin = format!("(module {before} {after} {between} {own} (memory 7) {rest})");
            assert_eq!(changed(&module), wat::parse_str(&twin).unwrap(), "{module}");
        }
    }

    #[test]
    fn others_stay_as_they_are() {
        for text in [
            "(module)",
            "(module (import \"env\" \"memory\" (memory 1)))",
            "(module (import \"env\" \"memory\" (func)))",
            "(module (import \"other\" \"memory\" (memory 1 1 shared)))",
        ] {
            let module = wat::parse_str(text).unwrap();
            let shape = Shape::of(&module).unwrap();
            assert!(matches!(with_own_memory(&module, &shape), Cow::Borrowed(_)), "{text}");
        }
    }
}

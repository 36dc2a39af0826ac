//! Takes a module's start function out of its start section, and exports it instead.
//!
//! wasmi runs a start function while it instantiates, and cannot pause it there: no timeout and no interrupt would
//! end it. As an exported function it is called, paused and ended like any other.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use wasmparser::{Parser, Payload};

/// The numbers of sections (WebAssembly core specification, 5.5.2).
const EXPORTS: u8 = 7;
const START: u8 = 8;

/// A function export (5.5.10).
const FUNCTION: u8 = 0;

/// A module without a start section.
pub(super) struct Startless<'m> {
    pub(super) binary: Cow<'m, [u8]>,
    /// The export that has to be called first, before anything else.
    pub(super) start: Option<String>,
}

/// Takes it out. What is malformed stays as it is, for wasmi to name.
pub(super) fn take_out(binary: &[u8]) -> Startless<'_> {
    match rewritten(binary) {
        Some((changed, start)) => Startless { binary: Cow::Owned(changed), start: Some(start) },
        None => Startless { binary: Cow::Borrowed(binary), start: None },
    }
}

fn rewritten(binary: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut sections = Vec::new();
    // A module may have a million exports, all called like ours.
    let (mut start, mut names) = (None, HashSet::new());
    let mut exports = None;
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload.ok()?;
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
        match payload {
            Payload::StartSection { func, .. } => start = Some(func),
            Payload::ExportSection(section) => {
                exports = Some(section.count());
                for export in section {
                    names.insert(export.ok()?.name);
                }
            }
            _ => {}
        }
    }
    let start = start?;
    let name = (0..).map(|n| format!("start {n}")).find(|name| !names.contains(name.as_str()))?;
    let mut export = number(name.len().try_into().ok()?);
    export.extend_from_slice(name.as_bytes());
    export.push(FUNCTION);
    export.extend(number(start));

    let mut changed = binary.get(..8)?.to_vec();
    for (id, Range { start, end }) in sections {
        let content = binary.get(start..end)?;
        match id {
            EXPORTS => {
                // Behind the old count.
                let width = content.iter().position(|byte| byte & 0x80 == 0)?.checked_add(1)?;
                let mut all = number(exports?.checked_add(1)?);
                all.extend_from_slice(content.get(width..)?);
                all.extend_from_slice(&export);
                section(&mut changed, EXPORTS, &all)?;
            }
            // Exports come right before it.
            START if exports.is_none() => {
                let mut all = number(1);
                all.extend_from_slice(&export);
                section(&mut changed, EXPORTS, &all)?;
            }
            START => {}
            id => section(&mut changed, id, content)?,
        }
    }
    Some((changed, name))
}

fn section(module: &mut Vec<u8>, id: u8, content: &[u8]) -> Option<()> {
    module.push(id);
    module.extend(number(content.len().try_into().ok()?));
    module.extend_from_slice(content);
    Some(())
}

/// An unsigned LEB128 (5.2.2).
fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        match value {
            0 => {
                bytes.push(low & 0x7f);
                return bytes;
            }
            _ => bytes.push(low | 0x80),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::number;
    #[cfg(feature = "wat")]
    use super::take_out;

    #[test]
    fn numbers() {
        assert_eq!(number(0), [0]);
        assert_eq!(number(127), [0x7f]);
        assert_eq!(number(624_485), [0xe5, 0x8e, 0x26]);
    }

    #[cfg(feature = "wat")]
    #[test]
    fn the_function_is_exported_under_a_name_of_its_own() {
        let many = (0..200).map(|n| format!("(export \"e{n}\" (func $f))")).collect::<String>();
        for exports in ["", "(export \"start 0\" (func $f))", many.as_str()] {
            let text = format!(
                "(module (memory 1) (func $f) (func $g) {exports} (start $g) (data (i32.const 0) \"x\"))"
            );
            let module = wat::parse_str(&text).unwrap();
            let changed = take_out(&module);
            let name = changed.start.unwrap();
            assert_eq!(name, if exports.contains("start 0") { "start 1" } else { "start 0" });
            let engine = wasmi::Engine::default();
            let module = wasmi::Module::new(&engine, &changed.binary).unwrap();
            assert!(module.get_export(&name).is_some());
            assert_eq!(module.exports().count(), text.matches("(export").count() + 1);
        }
    }

    /// Each name is looked for once, so a million of them take a second and not hours.
    #[cfg(feature = "wat")]
    #[test]
    fn names_that_are_taken_are_passed_over() {
        let taken = (0..30_000).map(|n| format!("(export \"start {n}\" (func $f))")).collect::<String>();
        let module = wat::parse_str(format!("(module (func $f) {taken} (start $f))")).unwrap();
        assert_eq!(take_out(&module).start.as_deref(), Some("start 30000"));
    }

    #[cfg(feature = "wat")]
    #[test]
    fn a_module_without_one_stays_as_it_is() {
        let module = wat::parse_str("(module (func))").unwrap();
        assert!(matches!(take_out(&module).binary, std::borrow::Cow::Borrowed(_)));
    }
}

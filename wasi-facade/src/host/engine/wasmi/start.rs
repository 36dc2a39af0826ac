//! The rewrite of a module's start function into an exported function.
//!
//! wasmi runs a start function while it instantiates, and cannot pause it there: no timeout and no interrupt would
//! end it. As an exported function it is called, paused and ended like any other.

use crate::host::engine::encode::{HEADER, Section, items, number, section};
use std::borrow::Cow;
use std::collections::HashSet;
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
    let mut sections: Vec<Section> = Vec::new();
    // A module may have a million exports, all called like ours.
    let (mut start, mut names) = (None, HashSet::new());
    let mut exports = None;
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload.ok()?;
        sections.extend(payload.as_section());
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

    let mut changed = binary.get(..HEADER)?.to_vec();
    for (kind, range) in sections {
        let content = binary.get(range)?;
        match kind {
            EXPORTS => {
                let mut all = number(exports?.checked_add(1)?);
                all.extend_from_slice(items(content)?);
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
            other => section(&mut changed, other, content)?,
        }
    }
    Some((changed, name))
}

#[cfg(test)]
#[cfg(feature = "wat")]
mod tests {
    use super::take_out;

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
    #[test]
    fn names_that_are_taken_are_passed_over() {
        let taken = (0..30_000).map(|n| format!("(export \"start {n}\" (func $f))")).collect::<String>();
        let module = wat::parse_str(format!("(module (func $f) {taken} (start $f))")).unwrap();
        assert_eq!(take_out(&module).start.as_deref(), Some("start 30000"));
    }

    #[test]
    fn a_module_without_one_stays_as_it_is() {
        let module = wat::parse_str("(module (func))").unwrap();
        assert!(matches!(take_out(&module).binary, std::borrow::Cow::Borrowed(_)));
    }
}

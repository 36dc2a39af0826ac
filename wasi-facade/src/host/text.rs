//! The translation of modules from the text format into the binary format.

use super::error::Reason;
use std::borrow::Cow;
#[cfg(feature = "wat")]
use wasi_policy::Printable;

/// What every binary begins with, modules and components alike.
const MAGIC: &[u8] = b"\0asm";

/// What Wasmtime's compiled code begins with: it is an ELF file.
const ELF: &[u8] = b"\x7fELF";

/// The binary form of a module in either form.
pub(super) fn to_binary(module: &[u8]) -> Result<Cow<'_, [u8]>, Reason> {
    if module.starts_with(MAGIC) {
        return Ok(Cow::Borrowed(module));
    }
    if module.starts_with(ELF) {
        return Err(Reason::Precompiled);
    }
    match std::str::from_utf8(module) {
        Ok(text) if looks_like_text(text) => translate(text).map(Cow::Owned),
        _ if MAGIC.starts_with(module) => Err(Reason::Truncated { size: module.len() }),
        _ => Err(Reason::NotAModule),
    }
}

/// Text begins with a parenthesis or a comment.
fn looks_like_text(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('(') || text.starts_with(";;")
}

/// Lines of a message about a mistake: usually four and the place.
#[cfg(feature = "wat")]
const LINES: usize = 10;

#[cfg(feature = "wat")]
fn translate(text: &str) -> Result<Vec<u8>, Reason> {
    wat::parse_str(text).map_err(|error| {
        // It shows the line of the mistake, below the message, which may quote text of several lines.
        let error = error.to_string();
        let lines = error.lines().take(LINES).map(|line| Printable::new(line).to_string());
        Reason::Text(lines.collect::<Vec<_>>().join("\n"))
    })
}

#[cfg(not(feature = "wat"))]
fn translate(_: &str) -> Result<Vec<u8>, Reason> {
    Err(Reason::TextNotCompiledIn)
}

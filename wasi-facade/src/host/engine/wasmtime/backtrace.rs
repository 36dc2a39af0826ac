//! The text of a backtrace, made from its frames.
//!
//! Wasmtime has such a text too, but demangles C++ names of any length without a limit: 800 bytes of name became
//! 8 GiB of text, after the run and so beyond every limit of it.

use std::fmt::{self, Write};
use wasi_policy::Printable;
use wasmtime::{FrameInfo, FrameSymbol, WasmBacktrace};

/// Enough to see where a recursion came from; a guest decides how deep it is.
const FRAMES: usize = 64;

/// As many functions as one frame shows of those that a compiler inlined into it.
const SYMBOLS: usize = 16;

/// The longest name that is shown, in bytes, and that is demangled. Those of C++ templates go on for pages.
const NAME: usize = 512;

/// The most references that a C++ name is demangled with. Each refers to a part before it, so k of them make at
/// most 3^(k/3) of one part: some thousand, where names in real programs have a dozen.
const REFERENCES: usize = 24;

/// The frames, one a line, innermost first.
pub(super) fn text(backtrace: &WasmBacktrace) -> String {
    let mut lines = Vec::new();
    for (index, frame) in backtrace.frames().iter().take(FRAMES).enumerate() {
        lines.push(line(index, frame));
        lines.extend(frame.symbols().iter().take(SYMBOLS).enumerate().flat_map(symbol));
    }
    match backtrace.frames().len().saturating_sub(FRAMES) {
        0 => {}
        more => lines.push(format!("       and {more} more")),
    }
    lines.join("\n")
}

fn line(index: usize, frame: &FrameInfo) -> String {
    let module = Printable::at_most(frame.module().name().unwrap_or("<unknown>"), NAME);
    let offset = frame.module_offset().map(|offset| format!("{offset:#8x} - ")).unwrap_or_default();
    let inner = frame.symbols().first().and_then(FrameSymbol::name);
    let function = match inner.or(frame.func_name()) {
        Some(name) => demangled(name),
        None => format!("<wasm function {}>", frame.func_index()),
    };
    format!("  {index:>3}: {offset}{module}!{function}")
}

/// Where a function is in the source, if debug information was read; the first one is in the frame's own line.
fn symbol((index, symbol): (usize, &FrameSymbol)) -> impl Iterator<Item = String> {
    let name = symbol.name().map_or_else(|| "<inlined function>".to_owned(), demangled);
    let inlined = (index > 0).then(|| format!("                - {name}"));
    let place = symbol.file().map(|file| {
        let part = |number: Option<u32>| number.map(|number| format!(":{number}")).unwrap_or_default();
        let (line, column) = (part(symbol.line()), part(symbol.column()));
        format!("                    at {}{line}{column}", Printable::at_most(file, NAME))
    });
    inlined.into_iter().chain(place)
}

/// What mangled names begin with: those of C++ (Itanium C++ ABI, 5.1.2), those of Rust (RFC 2603), and both where
/// another underscore is put before all names. Without one a name is the programmer's own: `f` mangles the type `float`.
const MANGLED: [&str; 4] = ["_Z", "_R", "__ZN", "__R"];

/// A name as its programmer wrote it, as far as that can be had in little time and space.
fn demangled(name: &str) -> String {
    let mut text = Capped { text: String::new(), left: NAME };
    let shown = if name.len() > NAME || !MANGLED.iter().any(|start| name.starts_with(start)) {
        false
    } else if let Ok(rust) = rustc_demangle::try_demangle(name) {
        // Without the hash that makes it unique.
        write!(text, "{rust:#}").is_ok()
    } else if name.starts_with("_Z") && references(name) <= REFERENCES {
        let options = cpp_demangle::DemangleOptions::default();
        let symbol = cpp_demangle::Symbol::new(name);
        symbol.is_ok_and(|symbol| symbol.structured_demangle(&mut text, &options).is_ok())
    } else {
        false
    };
    let shown = if shown { text.text.as_str() } else { name };
    Printable::at_most(shown, NAME).to_string()
}

/// No fewer than the references `S_`, `S1_`, `T_`, ... in a mangled name (Itanium C++ ABI, 5.1.8 and 5.1.10).
fn references(name: &str) -> usize {
    name.split('_')
        .filter(|part| {
            part.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase()).len() < part.len()
        })
        .count()
}

/// Text that ends its writer once it is long enough.
struct Capped {
    text: String,
    left: usize,
}

impl Write for Capped {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.left = self.left.checked_sub(part.len()).ok_or(fmt::Error)?;
        self.text.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{NAME, demangled};

    #[test]
    fn names_of_rust_and_cpp_are_shown_as_written() {
        assert_eq!(demangled("_RNvC7mycrate3foo"), "mycrate::foo");
        assert_eq!(
            demangled("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"),
            "core::fmt::Write::write_fmt"
        );
        assert_eq!(
            demangled("_ZNSt3__16vectorIiNS_9allocatorIiEEE9push_backEOi"),
            "std::__1::vector<int, std::__1::allocator<int> >::push_back(int&&)"
        );
        assert_eq!(
            demangled("__ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"),
            "core::fmt::Write::write_fmt"
        );
        assert_eq!(demangled("\u{1b}[31m\nwasi: forged"), r"\u{1b}[31m\nwasi: forged");
    }

    #[test]
    fn names_that_are_not_mangled_are_shown_as_they_are() {
        // Types, standard names and paths, were they mangled.
        for name in
            ["main", "f", "i", "St", "Ss", "v", "RNvC7mycrate3foo", "ZN3foo3barE", "_f", "_start", "_Z", "_R"]
        {
            assert_eq!(demangled(name), name);
        }
    }

    /// Each template argument is `fan` times the one before.
    fn bomb(depth: usize, fan: usize) -> String {
        let reference = |index: usize| match index {
            0 => "S_".to_owned(),
            index => format!("S{}_", char::from_digit((index - 1) as u32, 36).unwrap().to_ascii_uppercase()),
        };
        let level = |level: usize| format!("S_I{}E", reference(level + 1).repeat(fan));
        format!("_Z1f1aIiiE{}", (0..depth).map(level).collect::<String>())
    }

    #[test]
    fn names_that_grow_when_demangled_are_shown_as_they_are() {
        for (depth, fan) in [(10, 32), (30, 2), (20, 5), (7, 3), (11, 2), (4, 8)] {
            let name = bomb(depth, fan);
            let shown = demangled(&name);
            assert!(shown.len() <= NAME + 3, "{depth} {fan}: {}", shown.len());
            assert!(name.starts_with(shown.trim_end_matches('.')), "{shown}");
        }
        // One that fits is shown whole.
        assert_eq!(demangled(&bomb(1, 2)), "f(a<int, int>, a<a<int, int>, a<int, int> >)");
    }
}

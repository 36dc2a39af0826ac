//! Rules about the shape of files: their size, their first line, the manifest beside them.

use super::{Finding, Rule};
use toml::Table;

/// A file that needs more lines is about more than one thing.
const MAX_LINES: usize = 400;

/// What is larger is data, and data is fetched or made by a task.
const MAX_BYTES: usize = 256 * 1024;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "header",
        fix: "let the first line say in one sentence, after `//!`, what the file is for",
        check: header,
    },
    Rule { name: "calls", fix: "document the call in the shape that STYLE.md shows", check: calls },
    Rule { name: "length", fix: "split it by theme", check: length },
    Rule { name: "lints", fix: "write `[lints]` and `workspace = true`", check: lints },
    Rule {
        name: "unsafe",
        fix: "write `#![forbid(unsafe_code)]`, or `deny` where one module needs an exception",
        check: unsafe_code,
    },
];

/// The way out of what [`check_bytes`] finds.
pub(super) const BYTES_FIX: &str = "let a task make or fetch it instead, or keep it small and under guests/";

/// Files are small, and only guests are binary.
pub(super) fn check_bytes(path: &str, bytes: &[u8]) -> Option<Finding> {
    if bytes.len() > MAX_BYTES {
        return Some(Finding::whole(path, format!("{} bytes, of {MAX_BYTES} at most", bytes.len())));
    }
    let is_guest = path.starts_with("guests/") && path.ends_with(".wasm");
    let is_binary = bytes.contains(&0) || std::str::from_utf8(bytes).is_err();
    (is_binary && !is_guest).then(|| Finding::whole(path, "a binary file"))
}

fn header(path: &str, text: &str) -> Vec<Finding> {
    let lacks = path.ends_with(".rs") && !text.starts_with("//! ");
    lacks.then(|| Finding::at(path, 1, "the first line is no `//!` comment")).into_iter().collect()
}

/// Each call, a public function of `calls/`, documents its parameters in a list, and names the witx and a cousin.
fn calls(path: &str, text: &str) -> Vec<Finding> {
    let starts = text.match_indices("\npub fn ").filter(|_| path.contains("/src/calls/"));
    let lacking = starts.filter_map(|(at, start)| {
        let (before, call) = (&text[..=at], &text[at + start.len()..]);
        let doc = before.lines().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
        let items: Vec<_> = doc.filter_map(|line| line.strip_prefix("/// * ")?.split_once(':')).collect();
        let (name, parameters) = call.split_once(')')?.0.split_once('(')?;
        // What the guest gives is numbers, which the context and the memory are not.
        let numbers = parameters.split(',').filter_map(|parameter| {
            let (name, kind) = parameter.trim().split_once(": ")?;
            ["u32", "u64", "i64"].contains(&kind).then(|| format!("`{name}`"))
        });
        let lacks = numbers.into_iter().find(|name| !items.iter().any(|(item, _)| item.contains(name)));
        let links: Vec<_> = items.iter().filter(|(item, _)| !item.starts_with('`')).collect();
        let is_linked = links.len() > 1 && links.iter().any(|(item, _)| *item == "the witx");
        let lacks = lacks.or_else(|| (!is_linked).then(|| "a link to the witx or to a cousin".to_owned()))?;
        Some(Finding::at(path, before.lines().count() + 1, format!("the doc of `{name}` lacks {lacks}")))
    });
    lacking.collect()
}

fn length(path: &str, text: &str) -> Vec<Finding> {
    let is_source = [".rs", ".c", ".h", ".wat", ".js", ".py"].iter().any(|ending| path.ends_with(ending));
    let count = text.lines().count();
    let too_long = is_source && count > MAX_LINES;
    too_long
        .then(|| Finding::whole(path, format!("{count} lines, of {MAX_LINES} at most")))
        .into_iter()
        .collect()
}

fn lints(path: &str, text: &str) -> Vec<Finding> {
    if !path.ends_with("Cargo.toml") {
        return Vec::new();
    }
    let manifest: Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::whole(path, format!("no manifest: {error}"))],
    };
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool()) == Some(true);
    // A workspace of its own has nothing to inherit from.
    let lacks = manifest.contains_key("package") && !manifest.contains_key("workspace") && !inherits;
    lacks.then(|| Finding::whole(path, "does not inherit the workspace's lints")).into_iter().collect()
}

fn unsafe_code(path: &str, text: &str) -> Vec<Finding> {
    let is_root = path.ends_with("/src/lib.rs");
    let is_safe = ["#![forbid(unsafe_code)]", "#![deny(unsafe_code)]"].iter().any(|line| text.contains(line));
    (is_root && !is_safe).then(|| Finding::whole(path, "allows unsafe code")).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_LINES, calls, check_bytes, header, length, lints, unsafe_code};

    #[test]
    fn a_file_has_a_header_and_ends_in_time() {
        assert_eq!(header("a/src/b.rs", "\n//! Late.").len(), 1);
        assert_eq!(header("a/src/b.rs", "#![forbid(unsafe_code)]").len(), 1);
        assert!(header("a/src/b.rs", "//! In time.").is_empty());
        assert!(header("a/b.md", "# A page").is_empty());
        let long = "x\n".repeat(MAX_LINES + 1);
        assert_eq!(length("a.rs", &long).len(), 1);
        assert!(length("a.rs", &long[2..]).is_empty());
        assert!(length("Cargo.lock", &long).is_empty());
    }

    #[test]
    fn a_call_documents_its_parameters_and_names_its_cousins() {
        let whole = "\n/// Reads.\n///\n/// * `fd`: a file\n/// * `ptr`, `len`: a path\n/// * `io`: broken\n\
            /// * the witx:\n///   [`a`](b)\n/// * POSIX: none\n#[doc(alias = \"fd_read\")]\n\
            pub fn read<V: Version>(ctx: &mut Ctx, _: &mut Memory<'_>, fd: u32, ptr: u32, len: u64) -> Result {}\n";
        let found = |text: &str| calls("a/src/calls/fd.rs", text).first().map(|finding| finding.line);
        assert_eq!(found(whole), None);
        for lost in ["/// * `fd`", "/// * `ptr`, `len`", "/// * the witx", "/// * POSIX"] {
            assert_eq!(found(&whole.replace(lost, "///")), Some(11), "{lost}");
        }
        assert!(calls("a/src/fd.rs", "\npub fn read(fd: u32) {}").is_empty());
        assert!(calls("a/src/calls/fd.rs", "\npub(super) fn read(fd: u32) {}").is_empty());
    }

    #[test]
    fn data_stays_outside() {
        assert!(check_bytes("a.txt", &vec![b'a'; MAX_BYTES + 1]).is_some());
        assert!(check_bytes("a.bin", b"\0asm").is_some());
        assert!(check_bytes("a.txt", b"\xff").is_some());
        assert!(check_bytes("guests/c/a.wasm", b"\0asm").is_none());
        assert!(check_bytes("a.txt", "é".as_bytes()).is_none());
    }

    #[test]
    fn members_inherit_lints_and_libraries_are_safe() {
        for manifest in ["[package]\nname = 'a'", "[package]\n[lints]\nworkspace = false", "[package"] {
            assert_eq!(lints("a/Cargo.toml", manifest).len(), 1, "{manifest}");
        }
        for manifest in ["[package]\n[lints]\nworkspace = true", "[workspace]", "[workspace]\n[package]"] {
            assert!(lints("a/Cargo.toml", manifest).is_empty(), "{manifest}");
        }
        assert_eq!(unsafe_code("a/src/lib.rs", "//! A crate.").len(), 1);
        assert!(unsafe_code("a/src/lib.rs", "//! A crate.\n#![forbid(unsafe_code)]").is_empty());
        assert_eq!(unsafe_code("a/b/src/lib.rs", "//! A crate below a folder.").len(), 1);
        assert!(unsafe_code("a/src/deep/lib.rs", "//! A module.").is_empty());
    }
}

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
    Rule { name: "length", fix: "split it by theme", check: length },
    Rule { name: "lints", fix: "write `[lints]` and `workspace = true`", check: lints },
    Rule {
        name: "unsafe",
        fix: "write `#![forbid(unsafe_code)]`, or `deny` where one module needs an exception",
        check: unsafe_code,
    },
];

/// The way out of what [`check_bytes`] finds.
pub(super) const BYTES_MEND: &str = "let a task make or fetch it instead, or keep it small and under guests/";

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
    let is_root = path.ends_with("/src/lib.rs") && path.split('/').count() == 3;
    let is_safe = ["#![forbid(unsafe_code)]", "#![deny(unsafe_code)]"].iter().any(|line| text.contains(line));
    (is_root && !is_safe).then(|| Finding::whole(path, "allows unsafe code")).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_LINES, check_bytes, header, length, lints, unsafe_code};

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
        assert!(unsafe_code("a/src/deep/lib.rs", "//! A module.").is_empty());
    }
}

//! The rule about who may name the operating system.
//!
//! Engines, backends and other proposals need no rule here: a crate cannot name what it does not depend on, and
//! `cargo xtask tree` says what it may depend on.

use super::{Finding, Rule, code_lines, has_word};

/// Crates that stand for the operating system.
const SYSTEM: &[&str] = &[
    "cap_std",
    "cap_primitives",
    "cap_fs_ext",
    "system_interface",
    "rustix",
    "windows_sys",
    "io_lifetimes",
    "nix",
];

/// Conditions on the operating system.
const PLATFORMS: &[&str] = &["unix", "windows", "target_os", "target_family"];

pub(super) const RULES: &[Rule] =
    &[Rule { name: "system", fix: "move it into wasi-snapshot/src/sys", check: system }];

fn system(path: &str, text: &str) -> Vec<Finding> {
    let inside = path == "wasi-snapshot/src/sys.rs" || path.starts_with("wasi-snapshot/src/sys/");
    if inside || !path.starts_with("wasi-snapshot/src/") || !path.ends_with(".rs") {
        return Vec::new();
    }
    let named = code_lines(text).filter_map(|(line, code)| {
        let name = SYSTEM.iter().find(|name| has_word(code, name));
        let condition = || PLATFORMS.iter().find(|name| has_word(code, "cfg") && has_word(code, name));
        Some(Finding::at(path, line, format!("names {} outside sys/", name.or_else(condition)?)))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::system;

    #[test]
    fn the_system_is_named_in_sys_only() {
        for line in
            ["use cap_std::fs::Dir;", "#[cfg(unix)]", "if cfg!(not(windows)) {", "#[cfg(target_os = \"a\")]"]
        {
            assert_eq!(system("wasi-snapshot/src/calls/fd.rs", line).len(), 1, "{line}");
            assert_eq!(system("wasi-snapshot/src/system.rs", line).len(), 1, "{line}");
            assert!(system("wasi-snapshot/src/sys.rs", line).is_empty(), "{line}");
            assert!(system("wasi-snapshot/src/sys/dir.rs", line).is_empty(), "{line}");
            assert!(system("wasi-snapshot/tests/fd.rs", line).is_empty(), "{line}");
        }
        assert!(system("wasi-snapshot/src/calls/fd.rs", "// cap_std does this for us").is_empty());
        assert!(system("wasi-snapshot/src/calls/fd.rs", "sys::unix::now()").is_empty());
    }
}

//! The rules about who may name the operating system, open a path of the host's, and name an engine.
//!
//! Elsewhere, engines, backends and other proposals need no rule: a crate cannot name what it does not depend on, and
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

pub(super) const RULES: &[Rule] = &[
    Rule { name: "system", fix: "move it into wasi-snapshot/src/sys", check: system },
    Rule { name: "ambient", fix: "let the builder open it", check: ambient },
    Rule { name: "engine", fix: "move it into wasi-facade/src/host/engine", check: engine },
];

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

/// A path, variable or argument of the host's becomes a guest's in a builder only, or as a `HostDir` for one.
fn ambient(path: &str, text: &str) -> Vec<Finding> {
    const NAMES: &[&str] = &["open_ambient", "env::", "File::open", "File::create", "fs::read", "fs::write"];
    let allowed = ["sys/", "sys.rs", "builder/", "builder.rs", "vfs/host_dir.rs"]
        .map(|room| format!("wasi-snapshot/src/{room}"));
    if !path.starts_with("wasi-snapshot/src/") || allowed.iter().any(|room| path.starts_with(room)) {
        return Vec::new();
    }
    named(path, text, NAMES, "outside of the builder")
}

/// The facade names engines where it runs them, and where it re-exports their adapters.
fn engine(path: &str, text: &str) -> Vec<Finding> {
    const NAMES: &[&str] = &["wasmtime::", "wasmi::"];
    let allowed =
        ["wasi-facade/src/host/engine/", "wasi-facade/src/host/engine.rs", "wasi-facade/src/lib.rs"];
    if !path.starts_with("wasi-facade/src/") || allowed.iter().any(|room| path.starts_with(room)) {
        return Vec::new();
    }
    named(path, text, NAMES, "outside of host/engine/")
}

/// The lines of code that have one of these names in them.
fn named(path: &str, text: &str, names: &[&str], place: &str) -> Vec<Finding> {
    let lines = code_lines(text).filter_map(|(line, code)| {
        let name = names.iter().find(|name| code.contains(**name))?;
        Some(Finding::at(path, line, format!("names {name} {place}")))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{ambient, engine, system};

    #[test]
    fn authority_comes_through_the_builder_and_engines_stay_in_their_room() {
        for line in
            ["Dir::open_ambient(&path)?", "std::env::var(\"HOME\")", "fs::read(path)", "File::open(path)"]
        {
            assert_eq!(ambient("wasi-snapshot/src/live.rs", line).len(), 1, "{line}");
            assert!(ambient("wasi-snapshot/src/builder/preopens.rs", line).is_empty(), "{line}");
            assert!(ambient("wasi-nn/src/live.rs", line).is_empty(), "{line}");
        }
        assert!(ambient("wasi-snapshot/src/live.rs", "// env::var is not asked").is_empty());
        assert_eq!(engine("wasi-facade/src/host.rs", "use wasmi::Store;").len(), 1);
        for room in
            ["wasi-facade/src/host/engine.rs", "wasi-facade/src/host/engine/a.rs", "engines/wasmi/src/lib.rs"]
        {
            assert!(engine(room, "use wasmi::Store;").is_empty(), "{room}");
        }
    }

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

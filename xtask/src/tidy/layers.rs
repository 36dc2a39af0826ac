//! Rules about who may name what: engines, the operating system, other proposals.

use super::{Finding, Rule, code_lines, has_word};
use wasi_policy::matrix::PROPOSALS;

/// Crates that stand for the operating system.
const SYSTEM: &[&str] =
    &["cap_std", "cap_primitives", "cap_fs_ext", "system_interface", "rustix", "windows_sys", "io_lifetimes"];

/// Conditions on the operating system.
const PLATFORMS: &[&str] = &["unix", "windows", "target_os", "target_family"];

const ENGINES: &[&str] = &["wasmtime", "wasmi"];

pub(super) const RULES: &[Rule] = &[
    Rule { name: "system", fix: "move it into wasi-snapshot/src/sys", check: system },
    Rule { name: "engines", fix: "move it into engines/, or use the neutral `Linker`", check: engines },
    Rule {
        name: "proposals",
        fix: "share it through wasi-policy, or leave it to the facade",
        check: proposals,
    },
];

fn system(path: &str, text: &str) -> Vec<Finding> {
    if !path.starts_with("wasi-snapshot/src/")
        || path.starts_with("wasi-snapshot/src/sys/")
        || !path.ends_with(".rs")
    {
        return Vec::new();
    }
    let named = code_lines(text).filter_map(|(line, code)| {
        let name = SYSTEM.iter().find(|name| has_word(code, name));
        let condition = || PLATFORMS.iter().find(|name| has_word(code, "cfg") && has_word(code, name));
        Some(Finding::at(path, line, format!("names {} outside sys/", name.or_else(condition)?)))
    });
    named.collect()
}

fn engines(path: &str, text: &str) -> Vec<Finding> {
    let is_watched = path.starts_with("wasi-policy/src/") || is_proposal_source(path);
    if !is_watched || !path.ends_with(".rs") {
        return Vec::new();
    }
    let named = code_lines(text).filter_map(|(line, code)| {
        let engine = ENGINES.iter().find(|engine| names_crate(code, engine))?;
        Some(Finding::at(path, line, format!("names the engine {engine}")))
    });
    named.collect()
}

fn proposals(path: &str, text: &str) -> Vec<Finding> {
    let is_watched = path.starts_with("wasi-policy/src/") || is_proposal_source(path);
    if !is_watched || !path.ends_with(".rs") {
        return Vec::new();
    }
    let named = code_lines(text).filter_map(|(line, code)| {
        let others = crates().filter(|package| !path.starts_with(&format!("{package}/")));
        let name = others.map(|package| package.replace('-', "_")).find(|name| names_crate(code, name))?;
        Some(Finding::at(path, line, format!("names the proposal {name}")))
    });
    named.collect()
}

fn is_proposal_source(path: &str) -> bool {
    path.split_once("/src/").is_some_and(|(package, _)| crates().any(|proposal| proposal == package))
}

/// The packages of the proposals.
fn crates() -> impl Iterator<Item = String> {
    PROPOSALS.iter().map(|row| format!("wasi-{}", row.name()))
}

/// Whether a line names a crate in a path or imports it; a feature or a module of the same name is neither.
fn names_crate(code: &str, name: &str) -> bool {
    let start = code.trim_start();
    let import =
        start.trim_start_matches("pub ").strip_prefix("use ").is_some_and(|rest| has_word(rest, name));
    let inside = import && !has_word(start, "crate") && !has_word(start, "super") && !has_word(start, "self");
    let path = format!("{name}::");
    let absolute = code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || character == '_' || character == ':')
    });
    inside || absolute
}

#[cfg(test)]
mod tests {
    use super::{engines, names_crate, proposals, system};

    #[test]
    fn the_system_is_named_in_sys_only() {
        for line in [
            "use cap_std::fs::Dir;",
            "#[cfg(unix)]",
            "if cfg!(not(windows)) {",
            "#[cfg(target_os = \"linux\")]",
        ] {
            assert_eq!(system("wasi-snapshot/src/calls/fd.rs", line).len(), 1, "{line}");
            assert!(system("wasi-snapshot/src/sys/dir.rs", line).is_empty(), "{line}");
            assert!(system("wasi-snapshot/tests/fd.rs", line).is_empty(), "{line}");
        }
        assert!(system("wasi-snapshot/src/calls/fd.rs", "// cap_std does this for us").is_empty());
        assert!(system("wasi-snapshot/src/calls/fd.rs", "sys::unix::now()").is_empty());
    }

    #[test]
    fn engines_are_named_in_their_adapters_only() {
        for line in ["use wasmtime::Store;", "fn f(s: &wasmi::Store<()>) {}", "pub use wasmi;"] {
            assert_eq!(engines("wasi-policy/src/gate.rs", line).len(), 1, "{line}");
            assert_eq!(engines("wasi-nn/src/calls.rs", line).len(), 1, "{line}");
            assert!(engines("engines/wasmtime/src/adapter.rs", line).is_empty(), "{line}");
            assert!(engines("wasi-facade/src/host.rs", line).is_empty(), "{line}");
        }
    }

    #[test]
    fn proposals_do_not_know_each_other() {
        assert_eq!(proposals("wasi-nn/src/ctx.rs", "use wasi_snapshot::Ctx;").len(), 1);
        assert_eq!(proposals("wasi-policy/src/gate.rs", "fn f(_: wasi_nn::Ctx) {}").len(), 1);
        assert!(proposals("wasi-nn/src/ctx.rs", "use wasi_nn::Ctx;").is_empty());
        assert!(proposals("wasi-snapshot/src/abi.rs", "\"wasi_snapshot_preview1\"").is_empty());
    }

    #[test]
    fn a_module_or_a_feature_is_not_the_crate() {
        assert!(!names_crate("use crate::engine::wasmtime::Adapter;", "wasmtime"));
        assert!(!names_crate("#[cfg(feature = \"wasmtime\")]", "wasmtime"));
        assert!(!names_crate("pub mod wasmtime;", "wasmtime"));
        assert!(!names_crate("engine::wasmtime::link()", "wasmtime"));
        assert!(names_crate("    let engine = wasmtime::Engine::default();", "wasmtime"));
    }
}

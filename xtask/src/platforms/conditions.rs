//! Every condition on a platform has its counterpart in the same file.
//!
//! Code for one platform that nothing stands in for elsewhere is code that quietly is not there. `cfg!` is an
//! expression and compiles both ways, so only attributes are looked at.

use crate::tidy::Texts;
use wasi_policy::Platform;

/// The platforms that somebody has to stand in for.
const EVERY: [Platform; 3] = [Platform::Linux, Platform::MacOs, Platform::Windows];

/// A file and a condition in it that needs no counterpart.
struct Exception {
    path: &'static str,
    condition: &'static str,
    why: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        path: "wasi-snapshot/src/sys/net.rs",
        condition: "unix",
        why: "a conversion from a Unix socket, a type that elsewhere nobody has",
    },
    Exception {
        path: "wasi-snapshot/tests/all/files/ends.rs",
        condition: "target_os = \"linux\"",
        why: "compares with the errnos of Linux's own calls",
    },
    Exception {
        path: "backends/openvino/tests/all/files.rs",
        condition: "unix",
        why: "tests permissions of Unix; elsewhere a folder of the user's own is taken as it is",
    },
    Exception {
        path: "backends/openvino/tests/all/threads.rs",
        condition: "target_os = \"linux\"",
        why: "counts threads and bytes in /proc",
    },
    Exception {
        path: "wasi-facade/tests/command/cache.rs",
        condition: "unix",
        why: "tests permissions of Unix",
    },
    Exception {
        path: "wasi-facade/tests/command/granted.rs",
        condition: "unix",
        why: "tests symlinks, which elsewhere not everybody may make",
    },
    Exception {
        path: "wasi-facade/tests/command/modules.rs",
        condition: "unix",
        why: "tests names that are no Unicode, and special files, as Unix has them",
    },
    Exception {
        path: "wasi-facade/src/bin/wasi/exit_code.rs",
        condition: "all(test, unix)",
        why: "tests the eight bits that POSIX leaves of an exit code",
    },
    Exception {
        path: "wasi-facade/tests/command/give.rs",
        condition: "unix",
        why: "tests variables that are no Unicode, as Unix has them",
    },
    Exception {
        path: "wasi-facade/tests/command/run.rs",
        condition: "unix",
        why: "tests the eight bits that POSIX leaves of an exit code",
    },
    Exception {
        path: "wasi-facade/tests/command/endings.rs",
        condition: "unix",
        why: "tests pipes and signals",
    },
    Exception {
        path: "wasi-facade/tests/command/spending.rs",
        condition: "unix",
        why: "tests symlinks, which elsewhere not everybody may make",
    },
    Exception {
        path: "wasi-facade/tests/library/interrupts.rs",
        condition: "unix",
        why: "tests FIFOs, which Unix alone has",
    },
];

/// The exceptions in words.
pub(super) fn exceptions() -> impl Iterator<Item = String> {
    EXCEPTIONS.iter().map(|Exception { path, condition, why }| format!("{path}: `cfg({condition})`, {why}"))
}

/// The conditions that nothing stands in for.
pub(super) fn check(texts: &Texts) -> Vec<String> {
    let sources = texts.iter().filter(|(path, _)| path.ends_with(".rs"));
    sources.flat_map(|(path, text)| lonely(path, text)).collect()
}

fn lonely(path: &str, text: &str) -> Vec<String> {
    // An error at compile time says by itself what is missing elsewhere.
    if text.lines().any(|line| line.trim_start().starts_with("compile_error!")) {
        return Vec::new();
    }
    let conditions: Vec<_> = attributes(text)
        .into_iter()
        .filter_map(|(line, condition)| Some((line, condition, places(condition)?)))
        .collect();
    let mut findings = Vec::new();
    for (line, condition, here) in &conditions {
        let stand_ins = conditions.iter().map(|(_, _, there)| there);
        let disjoint: Vec<_> =
            stand_ins.filter(|there| there.iter().all(|place| !here.contains(place))).collect();
        let alone: Vec<_> = EVERY
            .iter()
            .filter(|place| !here.contains(place) && !disjoint.iter().any(|there| there.contains(place)))
            .map(ToString::to_string)
            .collect();
        let is_known = EXCEPTIONS.iter().any(|known| known.path == path && known.condition == *condition);
        if !alone.is_empty() && !is_known {
            findings.push(format!(
                "{path}:{line}: nothing stands in for `cfg({condition})` on {}; add the other half, a \
                 `compile_error!`, or an exception with its reason in xtask/src/platforms/conditions.rs",
                alone.join(" and ")
            ));
        }
    }
    findings
}

/// The conditions of `#[cfg(...)]` and `#![cfg(...)]`, with their lines.
fn attributes(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let rest = &text[start..];
        let code = rest.trim_start_matches([' ', '\t']);
        if let Some(inside) = code.strip_prefix("#[cfg(").or_else(|| code.strip_prefix("#![cfg(")) {
            found.push((index + 1, inside[..end(inside)].trim()));
        }
        start += line.len();
    }
    found
}

/// Where the parenthesis closes that was open before `text`.
fn end(text: &str) -> usize {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Where a condition holds or may hold; nothing if it is not about platforms.
fn places(condition: &str) -> Option<Vec<Platform>> {
    let values: Vec<_> = EVERY.iter().map(|place| holds(condition, *place)).collect();
    let is_about_platforms = values.iter().any(|value| *value != values[0]);
    let holding = EVERY.iter().zip(&values).filter(|(_, value)| **value != Some(false));
    is_about_platforms.then(|| holding.map(|(place, _)| *place).collect())
}

/// Whether a condition holds on a platform, as far as that decides it.
fn holds(condition: &str, place: Platform) -> Option<bool> {
    let condition = condition.trim();
    let inside = |name: &str| condition.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')');
    if let Some(inner) = inside("not") {
        return holds(inner, place).map(|value| !value);
    }
    if let Some(inner) = inside("all") {
        let values: Vec<_> = split(inner).into_iter().map(|part| holds(part, place)).collect();
        let is_false = values.contains(&Some(false));
        return if is_false { Some(false) } else { (!values.contains(&None)).then_some(true) };
    }
    if let Some(inner) = inside("any") {
        let values: Vec<_> = split(inner).into_iter().map(|part| holds(part, place)).collect();
        let is_true = values.contains(&Some(true));
        return if is_true { Some(true) } else { (!values.contains(&None)).then_some(false) };
    }
    let is_unix = place != Platform::Windows;
    let (key, value) =
        condition.split_once('=').map_or((condition, ""), |(key, value)| (key.trim(), value.trim()));
    match (key, value.trim_matches('"')) {
        ("unix", "") | ("target_family", "unix") => Some(is_unix),
        ("windows", "") | ("target_family", "windows") => Some(!is_unix),
        ("target_os", name) => Some(match place {
            Platform::Linux => name == "linux",
            Platform::MacOs => name == "macos",
            _ => name == "windows",
        }),
        _ => None,
    }
}

/// The parts of a list, at the commas that no parenthesis encloses.
fn split(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in list.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{EXCEPTIONS, attributes, check, lonely, places};
    use crate::tidy;
    use wasi_policy::Platform::{Linux, MacOs, Windows};

    #[test]
    fn a_condition_alone_is_named_with_who_is_left_out() {
        let found = lonely("a/src/b.rs", "fn a() {}\n#[cfg(unix)]\nfn b() {}\n");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("a/src/b.rs:2: nothing stands in for `cfg(unix)` on Windows; "),
            "{found:?}"
        );
        let found = lonely("a/src/b.rs", "#![cfg(target_os = \"linux\")]");
        assert!(found[0].contains("on macOS and Windows; "), "{found:?}");
        let found = lonely("a/src/b.rs", "#[cfg(not(unix))]\nfn b() {}");
        assert!(found[0].contains("on Linux and macOS; "), "{found:?}");
        let found = lonely("a/src/b.rs", "#[cfg(all(unix, not(test)))]\nfn b() {}");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_counterpart_is_one_for_the_same_split_only() {
        let split =
            "#[cfg(target_os = \"linux\")]\nfn a() {}\n#[cfg(not(target_os = \"linux\"))]\nfn a() {}\n";
        assert!(lonely("b.rs", split).is_empty());
        let found = lonely("b.rs", &format!("{split}#[cfg(unix)]\nfn b() {{}}"));
        assert_eq!(found.len(), 1, "{found:?}");
        for pair in [
            ["unix", "windows"],
            ["any(target_os = \"linux\", target_os = \"macos\")", "windows"],
            ["all(unix, feature = \"a\")", "all(not(unix), feature = \"a\")"],
        ] {
            let text = format!("#[cfg({})]\nfn a() {{}}\n#[cfg({})]\nfn a() {{}}\n", pair[0], pair[1]);
            assert!(lonely("b.rs", &text).is_empty(), "{text}");
        }
    }

    #[test]
    fn an_error_at_compile_time_and_an_expression_are_fine() {
        assert!(lonely("b.rs", "#[cfg(not(unix))]\ncompile_error!(\"not yet\");").is_empty());
        assert!(lonely("b.rs", "let a = if cfg!(unix) { 1 } else { 2 };").is_empty());
        assert!(lonely("b.rs", "#[cfg(feature = \"a\")]\nfn a() {}").is_empty());
        assert!(lonely("b.rs", "// #[cfg(unix)]\nlet a = \"#[cfg(unix)]\";").is_empty());
    }

    #[test]
    fn conditions_are_read_whole() {
        let text = "x\n  #[cfg(any(\n    unix,\n    windows\n  ))]\n";
        let (line, condition) = attributes(text)[0];
        assert_eq!((line, places(condition)), (2, None));
        assert_eq!(places("not(any(windows, target_os = \"macos\"))"), Some(vec![Linux]));
        assert_eq!(places("any(unix, feature = \"a\")"), Some(vec![Linux, MacOs, Windows]));
        assert_eq!(places("target_arch = \"x86_64\""), None);
    }

    #[test]
    fn exceptions_are_needed() {
        let texts = tidy::texts().unwrap();
        assert_eq!(check(&texts), [""; 0]);
        for exception in EXCEPTIONS {
            let text = &texts[exception.path];
            let stands = attributes(text).iter().any(|(_, condition)| *condition == exception.condition);
            assert!(stands && !exception.why.is_empty(), "{} needs no exception", exception.path);
        }
    }
}

//! Rules about what must not be in a text, as patterns for `git grep`: leftovers, traces of one machine, and names outside
//! of their room.
//!
//! Backends and other proposals need no rule here: a crate cannot name what it does not depend on, and the step
//! `dependencies` says what it may depend on.

use super::{Finding, word};
use anyhow::Result;
use xshell::{Shell, cmd};

/// A pattern that no text among the paths may have.
struct Pattern {
    name: &'static str,
    pattern: &'static str,
    paths: &'static [&'static str],
    fix: &'static str,
}

const fn anywhere(name: &'static str, pattern: &'static str, fix: &'static str) -> Pattern {
    Pattern { name, pattern, paths: ELSEWHERE, fix }
}

/// Cargo writes the name of its index into lock files, and refuses another where they are frozen, as cargo-deny has them;
/// and the patterns are here.
const ELSEWHERE: &[&str] = &[".", ":!*Cargo.lock", ":!xtask/src/tidy/hygiene.rs"];

/// A crate that stands for the operating system, or a condition on it, in a line that is no comment.
const SYSTEM: &str = r"^ *([^ /].*[^[:alnum:]_-])?((cap_std|cap_primitives|cap_fs_ext|system_interface|rustix|windows_sys|io_lifetimes|nix)|cfg[^[:alnum:]_-](.*[^[:alnum:]_-])?(unix|windows|target_os|target_family))([^[:alnum:]_-]|$)";

const RULES: &[Pattern] = &[
    anywhere("leftover", r"TODO|FIXME|XXX:", "do it, or file an issue and say here how things are"),
    anywhere("machine", r"/(root|work|home|Users)/", "name it relative to the project"),
    anywhere(
        "host",
        r"crates\.io|pypi\.org|pythonhosted|npmjs\.|registry\.yarn|deb\.debian|proxy\.golang",
        "name the index instead, as in \"the Python index\"",
    ),
    anywhere(
        "address",
        r"[A-Za-z0-9_+-]@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
        "point to the issue tracker instead",
    ),
    Pattern {
        name: "system",
        pattern: SYSTEM,
        paths: &["wasi-snapshot/src/*.rs", ":!wasi-snapshot/src/sys.rs", ":!wasi-snapshot/src/sys"],
        fix: "move it into wasi-snapshot/src/sys",
    },
    // A path, variable or argument of the host's is read where the embedder says so only.
    Pattern {
        name: "ambient",
        pattern: r"^ *([^ /].*)?(open_ambient|env::|File::open|File::create|fs::read|fs::write)",
        paths: &[
            "wasi-snapshot/src/*.rs",
            ":!wasi-snapshot/src/sys.rs",
            ":!wasi-snapshot/src/sys",
            ":!wasi-snapshot/src/builder.rs",
            ":!wasi-snapshot/src/builder",
            ":!wasi-snapshot/src/vfs/host_dir.rs",
        ],
        fix: "let the builder or `HostDir` open it",
    },
    Pattern {
        name: "engine",
        pattern: r"^ *([^ /].*)?(wasmtime::|wasmi::)",
        paths: &[
            "wasi-facade/src/*.rs",
            ":!wasi-facade/src/lib.rs",
            ":!wasi-facade/src/host/engine.rs",
            ":!wasi-facade/src/host/engine",
        ],
        fix: "move it into wasi-facade/src/host/engine",
    },
];

/// What is found in the texts that git knows or would add.
pub(super) fn check(shell: &Shell) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for &Pattern { name, pattern, paths, fix } in RULES {
        let found = cmd!(shell, "git grep --untracked -nIE {pattern} -- {paths...}");
        // Nothing found is an exit code as well.
        for line in found.quiet().ignore_status().read()?.lines() {
            let mut parts = line.splitn(3, ':');
            if let (Some(path), Some(Ok(number)), Some(text)) =
                (parts.next(), parts.next().map(str::parse), parts.next())
            {
                problems.push(word(
                    &Finding::at(path, number, format!("holds {:?}", text.trim())),
                    name,
                    fix,
                ));
            }
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::check;
    use xshell::{Shell, cmd};

    #[test]
    fn traces_are_found_and_versions_are_none() {
        let shell = Shell::new().unwrap();
        let folder = shell.create_temp_dir().unwrap();
        shell.change_dir(folder.path());
        cmd!(shell, "git init --quiet").quiet().run().unwrap();
        let traces = ["FIXME later", "in /home/a", "from pypi.org", "write to someone@example.org."];
        let fine = [
            "@scope/package@0.1.1",
            "uses: actions/checkout@v4.2.2",
            "an @ alone",
            "@example.org",
            "homework/",
        ];
        shell.write_file("a.md", [traces.as_slice(), &fine].concat().join("\n")).unwrap();
        shell.write_file("Cargo.lock", traces.join("\n")).unwrap();
        let found = check(&shell).unwrap();
        assert_eq!(found.len(), traces.len(), "{found:?}");
        let named = [
            "use cap_std::fs::Dir;",
            "    #[cfg(unix)]",
            "if cfg!(not(windows)) {",
            "#[cfg(target_os = \"a\")]",
            "rustix",
        ];
        let fine = [
            "  // cap_std does this for us",
            "sys::unix::now()",
            "use rustix_futex;",
            "my-rustix",
            "#[cfg(test)] // unixes",
        ];
        let text = [named, fine].concat().join("\n");
        for path in
            ["wasi-snapshot/src/calls/fd.rs", "wasi-snapshot/src/sys/dir.rs", "wasi-snapshot/tests/fd.rs"]
        {
            shell.write_file(path, &text).unwrap();
        }
        let system = check(&shell).unwrap().split_off(traces.len());
        let start = "wasi-snapshot/src/calls/fd.rs:";
        assert!(system.len() == named.len() && system.iter().all(|one| one.starts_with(start)), "{system:?}");
        let authority = ["Dir::open_ambient(&path)?", "std::env::var(NAME)", "fs::read(path)", "// env::var"];
        for path in ["live.rs", "builder/preopens.rs", "vfs/host_dir.rs"] {
            shell.write_file(format!("wasi-snapshot/src/{path}"), authority.join("\n")).unwrap();
        }
        for path in ["host.rs", "host/engine.rs", "host/engine/a.rs", "lib.rs"] {
            shell.write_file(format!("wasi-facade/src/{path}"), "use wasmi::Store;").unwrap();
        }
        let rooms = check(&shell).unwrap().split_off(traces.len() + named.len());
        let starts: Vec<_> = rooms.iter().filter_map(|one| one.split(": ").next()).collect();
        let live = [1, 2, 3].map(|line| format!("wasi-snapshot/src/live.rs:{line}"));
        assert_eq!(starts, [&live[..], &["wasi-facade/src/host.rs:1".to_owned()]].concat(), "{rooms:?}");
        assert!(
            found[1].starts_with("a.md:2: holds \"in /home/a\" [machine]; name it relative"),
            "{found:?}"
        );
    }
}

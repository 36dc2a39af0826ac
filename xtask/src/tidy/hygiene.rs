//! Rules about what must not be in any text, as patterns for `git grep`: leftovers, and traces of one machine.

use super::{Finding, word};
use anyhow::Result;
use xshell::{Shell, cmd};

/// Name, pattern, and fix.
const RULES: &[(&str, &str, &str)] = &[
    ("leftover", r"TODO|FIXME|XXX:", "do it, or file an issue and say here how things are"),
    ("machine", r"/(root|work|home|Users)/", "name it relative to the project"),
    (
        "host",
        r"crates\.io|pypi\.org|pythonhosted|npmjs\.|registry\.yarn|deb\.debian|proxy\.golang",
        "name the index instead, as in \"the Python index\"",
    ),
    (
        "address",
        r"[A-Za-z0-9_+-]@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
        "point to the issue tracker instead",
    ),
];

/// Cargo writes the name of its index into lock files, and refuses another where they are frozen, as cargo-deny has them;
/// and the patterns are here.
const ELSEWHERE: &[&str] = &[".", ":!*Cargo.lock", ":!xtask/src/tidy/hygiene.rs"];

/// What is found in the texts that git knows or would add.
pub(super) fn check(shell: &Shell) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (rule, pattern, fix) in RULES {
        let found = cmd!(shell, "git grep --untracked -nIE {pattern} -- {ELSEWHERE...}");
        // Nothing found is an exit code as well.
        for line in found.quiet().ignore_status().read()?.lines() {
            let mut parts = line.splitn(3, ':');
            if let (Some(path), Some(Ok(number)), Some(text)) =
                (parts.next(), parts.next().map(str::parse), parts.next())
            {
                problems.push(word(
                    &Finding::at(path, number, format!("holds {:?}", text.trim())),
                    rule,
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
        assert!(
            found[1].starts_with("a.md:2: holds \"in /home/a\" [machine]; name it relative"),
            "{found:?}"
        );
    }
}

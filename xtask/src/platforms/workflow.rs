//! The hosted workflow runs on the machines of the table, with the Rust that the manifests promise.

use super::{Target, Tier};
use crate::tidy::Texts;
use toml::{Table, Value};

const WORKFLOW: &str = ".github/workflows/ci.yml";

/// What has the long steps run at night.
const LONG: &str = "${{ github.event_name == 'schedule' && '--all' || '' }}";

/// What the workflow and the manifests disagree about.
pub(super) fn check(texts: &Texts, targets: &[Target]) -> Vec<String> {
    let Some(workflow) = texts.get(WORKFLOW) else {
        return vec![format!("{WORKFLOW} is gone; it is what runs on other platforms")];
    };
    let mut findings = machines(workflow, targets);
    findings.extend(minimum(texts, workflow));
    if !(workflow.contains("\n  schedule:\n") && workflow.contains(LONG)) {
        findings.push(format!(
            "{WORKFLOW} does not run the long steps at night; give it a `schedule:`, and write `{LONG}`"
        ));
    }
    findings
}

/// One line for each machine, with the tier of its target, and failures forgiven by tier.
fn machines(workflow: &str, targets: &[Target]) -> Vec<String> {
    let line = |target: &Target| {
        target.runner.map(|runner| format!("- {{ os: {runner}, tier: {} }}", target.tier.number()))
    };
    let expected: Vec<String> = targets.iter().filter_map(line).collect();
    let found: Vec<&str> =
        workflow.lines().map(str::trim).filter(|line| line.starts_with("- { os:")).collect();
    let mut findings: Vec<_> = expected
        .iter()
        .filter(|line| !found.contains(&line.as_str()))
        .map(|line| {
            format!("{WORKFLOW} lacks `{line}`, a machine of the table in xtask/src/platforms.rs; add it")
        })
        .collect();
    let unknown = found.iter().filter(|line| !expected.iter().any(|known| known == *line));
    findings.extend(unknown.map(|line| {
        format!("{WORKFLOW} has `{line}`, which is not in xtask/src/platforms.rs; add the target, or drop the line")
    }));
    let rule = format!("continue-on-error: ${{{{ matrix.tier > {} }}}}", Tier::One.number());
    if !workflow.lines().any(|line| line.trim() == rule) {
        findings.push(format!("{WORKFLOW} does not forgive failures by tier; write `{rule}`"));
    }
    findings
}

/// Every manifest that names a Rust version names the workspace's, and the workflow installs that one.
fn minimum(texts: &Texts, workflow: &str) -> Vec<String> {
    let version = |text: &str, at: &[&str]| {
        let manifest: Table = text.parse().ok()?;
        let table = at.iter().try_fold(&manifest, |table, key| table.get(*key)?.as_table())?;
        table.get("rust-version").and_then(Value::as_str).map(str::to_owned)
    };
    let root = texts.get("Cargo.toml").map_or("", String::as_str);
    let Some(minimum) = version(root, &["workspace", "package"]) else {
        return vec!["Cargo.toml says no `rust-version` under [workspace.package]; add it".to_owned()];
    };
    let manifests = texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
    let others = manifests.filter_map(|(path, text)| Some((path, version(text, &["package"])?)));
    let mut findings: Vec<_> = others
        .filter(|(_, other)| *other != minimum)
        .map(|(path, other)| {
            format!("{path} asks for Rust {other}, and the workspace for {minimum}; let them agree")
        })
        .collect();
    let wanted = format!("RUST: \"{minimum}\"");
    if !workflow.lines().any(|line| line.trim() == wanted) {
        findings.push(format!(
            "{WORKFLOW} does not run on Rust {minimum}, the `rust-version` of Cargo.toml; write `{wanted}`"
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{WORKFLOW, check};
    use crate::platforms::{TARGETS, Target, Tier};
    use crate::tidy::{self, Texts};
    use wasi_policy::Platform;

    const LINUX: Target =
        Target { triple: "t", platform: Platform::Linux, tier: Tier::One, runner: Some("linux-1") };
    const ROOT: &str = "[workspace.package]\nrust-version = '1.95'";
    const RUNS: &str = "env:\n  RUST: \"1.95\"\n    - { os: linux-1, tier: 1 }\n\
                        continue-on-error: ${{ matrix.tier > 1 }}\non:\n  schedule:\n\
                        ${{ github.event_name == 'schedule' && '--all' || '' }}\n";

    fn findings(root: &str, workflow: &str, member: &str) -> Vec<String> {
        let files = [("Cargo.toml", root), (WORKFLOW, workflow), ("a/Cargo.toml", member)];
        let texts: Texts =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        check(&texts, &[LINUX])
    }

    #[test]
    fn this_workspace_agrees() {
        assert_eq!(check(&tidy::texts().unwrap(), TARGETS), [""; 0]);
        assert_eq!(findings(ROOT, RUNS, "[package]\nrust-version.workspace = true"), [""; 0]);
    }

    #[test]
    fn another_rust_is_named() {
        let found = findings(ROOT, &RUNS.replace("1.95", "1.96"), "");
        assert!(found[0].starts_with(".github/workflows/ci.yml does not run on Rust 1.95"), "{found:?}");
        let found = findings(ROOT, RUNS, "[package]\nrust-version = '1.90'");
        assert_eq!(found, ["a/Cargo.toml asks for Rust 1.90, and the workspace for 1.95; let them agree"]);
        assert_eq!(findings("[workspace]", RUNS, "").len(), 1);
    }

    #[test]
    fn long_steps_run_at_night() {
        for part in ["schedule:", "--all"] {
            let found = findings(ROOT, &RUNS.replace(part, ""), "");
            assert!(found[0].contains("does not run the long steps at night"), "{found:?}");
        }
    }

    #[test]
    fn machines_are_those_of_the_table() {
        let found = findings(ROOT, &RUNS.replace("tier: 1", "tier: 2"), "");
        assert!(found[0].contains("lacks `- { os: linux-1, tier: 1 }`"), "{found:?}");
        assert!(found[1].contains("has `- { os: linux-1, tier: 2 }`"), "{found:?}");
        let found = findings(ROOT, &RUNS.replace("> 1", "> 2"), "");
        assert!(found[0].contains("does not forgive failures by tier"), "{found:?}");
        let texts: Texts = [("Cargo.toml".to_owned(), ROOT.to_owned())].into();
        assert_eq!(check(&texts, &[LINUX]).len(), 1);
    }
}

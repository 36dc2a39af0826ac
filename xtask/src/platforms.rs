//! A part of the step `features`: the targets that the crates are promised for.
//!
//! The table of targets is the promise. The hosted workflow runs what it says, and `elsewhere` what a Linux machine can show.

use crate::project;
use crate::table::table;
use anyhow::{Context, Result, ensure};
use std::fs;
use wasi_policy::matrix::PROPOSALS;
use wasi_policy::{Descriptor, Platform};

const WORKFLOW: &str = ".github/workflows/ci.yml";

/// How much is promised for a target of tier 1, 2 and 3.
const TIERS: [&str; 3] = [
    "every change passes all of `cargo xtask ci` there; a failure stops it",
    "the hosted workflow runs all of `cargo xtask ci` there; a failure is shown and stops nothing",
    "no machine runs there; `cargo xtask platforms` shows what another can",
];

/// Something that Rust compiles for.
struct Target {
    triple: &'static str,
    platform: Platform,
    tier: usize,
    /// The machine of the hosted workflow that is of this kind.
    runner: Option<&'static str>,
}

const TARGETS: &[Target] = &[
    target("x86_64-unknown-linux-gnu", Platform::Linux, 1, Some("ubuntu-24.04")),
    target("aarch64-unknown-linux-gnu", Platform::Linux, 2, Some("ubuntu-24.04-arm")),
    target("aarch64-apple-darwin", Platform::MacOs, 2, Some("macos-15")),
    target("x86_64-pc-windows-msvc", Platform::Windows, 2, Some("windows-2025")),
    target("x86_64-unknown-linux-musl", Platform::Linux, 3, None),
    target("x86_64-apple-darwin", Platform::MacOs, 3, None),
    target("x86_64-pc-windows-gnu", Platform::Windows, 3, None),
    target("i686-unknown-linux-gnu", Platform::Linux, 3, None),
];

const fn target(
    triple: &'static str,
    platform: Platform,
    tier: usize,
    runner: Option<&'static str>,
) -> Target {
    Target { triple, platform, tier, runner }
}

/// Checks the workflow.
pub(crate) fn run() -> Result<()> {
    let read = |path| fs::read_to_string(project::root().join(path)).with_context(|| format!("no {path}"));
    let findings = workflow(&read("Cargo.toml")?, &read(WORKFLOW)?);
    ensure!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

/// Where the hosted workflow lacks a machine of the table, has another, or runs with another Rust than is promised.
fn workflow(manifest: &str, workflow: &str) -> Vec<String> {
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let machines = TARGETS
        .iter()
        .filter_map(|target| Some(format!("- {{ os: {}, tier: {} }}", target.runner?, target.tier)));
    let rules = [
        "continue-on-error: ${{ matrix.tier > 1 }}".to_owned(),
        // The long steps run at night.
        "schedule:".to_owned(),
        "${{ github.event_name == 'schedule' && '--all' || '' }}".to_owned(),
        format!("RUST: {}", version.unwrap_or("the rust-version that Cargo.toml lacks")),
    ];
    let expected: Vec<_> = machines.chain(rules).collect();
    let found: Vec<_> = workflow.lines().map(str::trim).collect();
    let absent = expected.iter().filter(|line| !found.contains(&line.as_str())).map(|line| {
        format!("{WORKFLOW} lacks `{line}`, as xtask/src/platforms.rs and Cargo.toml have it; add it")
    });
    let is_unknown =
        |line: &&&str| line.starts_with("- { os:") && !expected.iter().any(|known| known == **line);
    let unknown = found.iter().filter(is_unknown).map(|line| {
        format!("{WORKFLOW} has `{line}`, which is not in xtask/src/platforms.rs; add the target, or drop the line")
    });
    absent.chain(unknown).collect()
}

/// The part of `docs/STAGING.md` about targets.
pub(crate) fn page() -> String {
    let tiers = (1..).zip(TIERS).map(|(tier, promise): (usize, _)| [tier.to_string(), promise.to_owned()]);
    let targets = TARGETS.iter().map(|target| {
        let names = PROPOSALS.iter().filter(|row| row.supports(target.platform)).map(Descriptor::name);
        let names: Vec<_> = names.collect();
        [
            format!("`{}`", target.triple),
            target.tier.to_string(),
            target.runner.unwrap_or("-").to_owned(),
            if names.is_empty() { "-".to_owned() } else { names.join(", ") },
        ]
    });
    let (tiers, targets): (Vec<_>, Vec<_>) = (tiers.collect(), targets.collect());
    let targets = table(["target", "tier:", "hosted machine", "proposals that list it"], &targets);
    format!("{}\n{targets}", table(["tier:", "what is promised"], &tiers))
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, WORKFLOW, workflow};
    use crate::tidy;
    use std::collections::BTreeSet;

    #[test]
    fn a_target_has_one_line_and_whoever_gates_a_machine() {
        let triples: BTreeSet<_> = TARGETS.iter().map(|target| target.triple).collect();
        assert_eq!(triples.len(), TARGETS.len());
        for target in TARGETS {
            assert_eq!(target.runner.is_some(), target.tier < 3, "{}", target.triple);
        }
    }

    #[test]
    fn the_workflow_is_as_the_table_and_the_manifest_have_it() {
        let texts = tidy::texts().unwrap();
        let (manifest, ours) = (&texts["Cargo.toml"], &texts[WORKFLOW]);
        assert_eq!(workflow(manifest, ours), [""; 0]);
        let found = workflow(manifest, &ours.replace("RUST: ", "RUST: 1"));
        assert!(found.len() == 1 && found[0].contains("lacks `RUST: "), "{found:?}");
        let found = workflow(manifest, &ours.replace("macos-15, tier: 2", "macos-15, tier: 1"));
        assert!(found[0].contains("lacks `- { os: macos-15, tier: 2 }`"), "{found:?}");
        assert!(found[1].contains("has `- { os: macos-15, tier: 1 }`"), "{found:?}");
        for (right, wrong) in [("tier > 1 }}", "tier > 2 }}"), ("schedule:", ""), ("'--all'", "''")] {
            assert_eq!(workflow(manifest, &ours.replace(right, wrong)).len(), 1, "{right}");
        }
    }
}

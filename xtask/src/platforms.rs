//! `cargo xtask platforms`: where the crates are promised to work, and what a machine can check of that.
//!
//! The table of targets is the promise. Libraries are compiled for those whose standard library is installed, and the
//! hosted workflow runs what the table says.

mod workflow;

use crate::project;
use crate::table::{Column, Table};
use crate::tidy;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use wasi_policy::matrix::PROPOSALS;
use wasi_policy::{Descriptor, Platform};
use xshell::{Shell, cmd};

/// How much is promised for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    One,
    Two,
    Three,
}

/// Something that Rust compiles for.
struct Target {
    triple: &'static str,
    platform: Platform,
    tier: Tier,
    /// The machine of the hosted workflow that is of this kind.
    runner: Option<&'static str>,
}

const TARGETS: &[Target] = &[
    target("x86_64-unknown-linux-gnu", Platform::Linux, Tier::One, Some("ubuntu-24.04")),
    target("aarch64-unknown-linux-gnu", Platform::Linux, Tier::Two, Some("ubuntu-24.04-arm")),
    target("aarch64-apple-darwin", Platform::MacOs, Tier::Two, Some("macos-15")),
    target("x86_64-pc-windows-msvc", Platform::Windows, Tier::Two, Some("windows-2025")),
    target("x86_64-unknown-linux-musl", Platform::Linux, Tier::Three, None),
    target("x86_64-apple-darwin", Platform::MacOs, Tier::Three, None),
];

const fn target(
    triple: &'static str,
    platform: Platform,
    tier: Tier,
    runner: Option<&'static str>,
) -> Target {
    Target { triple, platform, tier, runner }
}

impl Tier {
    const ALL: [Tier; 3] = [Tier::One, Tier::Two, Tier::Three];

    fn number(self) -> u8 {
        match self {
            Tier::One => 1,
            Tier::Two => 2,
            Tier::Three => 3,
        }
    }

    fn promise(self) -> &'static str {
        match self {
            Tier::One => "every change passes all of `cargo xtask ci` there; a failure stops it",
            Tier::Two => {
                "the hosted workflow runs all of `cargo xtask ci` there; a failure is shown and stops nothing"
            }
            Tier::Three => {
                "nothing runs there; the libraries compile wherever somebody has the standard library"
            }
        }
    }
}

/// Checks the workflow, and compiles what can be compiled here.
pub(crate) fn run() -> Result<()> {
    let mut findings = workflow::check(&tidy::texts()?, TARGETS);
    findings.extend(compile()?);
    ensure!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

/// The part of `docs/STAGING.md` about targets.
pub(crate) fn page() -> String {
    let mut tiers = Table::new(&[Column::Number("tier"), Column::Text("what is promised")]);
    for tier in Tier::ALL {
        tiers.row([tier.number().to_string(), tier.promise().to_owned()]);
    }
    format!("{tiers}\n{}", targets(PROPOSALS))
}

fn targets(rows: &[Descriptor]) -> Table {
    let mut table = Table::new(&[
        Column::Text("target"),
        Column::Number("tier"),
        Column::Text("hosted machine"),
        Column::Text("proposals that list it"),
    ]);
    for target in TARGETS {
        let names: Vec<_> =
            rows.iter().filter(|row| row.supports(target.platform)).map(Descriptor::name).collect();
        table.row([
            format!("`{}`", target.triple),
            target.tier.number().to_string(),
            target.runner.unwrap_or("-").to_owned(),
            if names.is_empty() { "-".to_owned() } else { names.join(", ") },
        ]);
    }
    table
}

/// Compiles the libraries for each target whose standard library is here, and says which are not.
fn compile() -> Result<Vec<String>> {
    let shell = project::shell()?;
    let version = cmd!(shell, "rustc --version --verbose").quiet().read()?;
    let host = host(&version)?;
    let sysroot = PathBuf::from(cmd!(shell, "rustc --print sysroot").quiet().read()?);
    let mut findings = Vec::new();
    for target in TARGETS {
        let triple = target.triple;
        if !is_installed(&sysroot, triple) {
            println!(
                "skipped {triple}: its standard library is not here; `rustup target add {triple}` brings it"
            );
            continue;
        }
        for library in libraries(target.platform, PROPOSALS) {
            if let Err(error) = compile_one(&shell, &library, (triple != host).then_some(triple)) {
                findings.push(format!(
                    "{library} does not compile for {triple}: {error}; fix what the compiler points at, or take \
                     {} off the proposal's row",
                    target.platform
                ));
            }
        }
        println!("checked {triple}");
    }
    Ok(findings)
}

/// Whatever knows no engine, with the features that `clippy` has compiled before.
fn compile_one(shell: &Shell, library: &str, target: Option<&str>) -> Result<()> {
    // Without `--target`, what other steps have compiled for this machine is used again.
    let target: Vec<_> = target.into_iter().flat_map(|triple| ["--target", triple]).collect();
    Ok(cmd!(shell, "cargo check --quiet --package {library} --no-default-features {target...}").run()?)
}

/// The library crates that are promised to compile for a platform.
fn libraries(platform: Platform, rows: &[Descriptor]) -> Vec<String> {
    let proposals =
        rows.iter().filter(|row| row.supports(platform)).map(|row| format!("wasi-{}", row.name()));
    std::iter::once("wasi-policy".to_owned()).chain(proposals).collect()
}

fn is_installed(sysroot: &Path, triple: &str) -> bool {
    sysroot.join("lib/rustlib").join(triple).join("lib").is_dir()
}

/// The target that this machine's compiler was built for.
fn host(version: &str) -> Result<&str> {
    version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say what its host is")
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, Tier, host, libraries};
    use std::collections::BTreeSet;
    use wasi_policy::{Descriptor, Platform, Stage};

    const PROBE: Descriptor = Descriptor::new("probe", Stage::One).with_platforms(&[Platform::Linux]);

    #[test]
    fn a_target_has_one_line_and_whoever_gates_a_machine() {
        let triples: BTreeSet<_> = TARGETS.iter().map(|target| target.triple).collect();
        assert_eq!(triples.len(), TARGETS.len());
        for target in TARGETS {
            assert_eq!(target.runner.is_some(), target.tier < Tier::Three, "{}", target.triple);
        }
    }

    #[test]
    fn what_lists_a_platform_has_to_compile_there() {
        assert_eq!(libraries(Platform::Linux, &[PROBE]), ["wasi-policy", "wasi-probe"]);
        assert_eq!(libraries(Platform::Windows, &[PROBE]), ["wasi-policy"]);
    }

    #[test]
    fn the_compiler_says_what_its_host_is() {
        assert_eq!(host("rustc 1.95.0\nhost: some-target\nrelease: 1.95.0").unwrap(), "some-target");
        assert!(host("rustc 1.95.0").is_err());
    }
}

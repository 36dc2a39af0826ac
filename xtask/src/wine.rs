//! The tests of policy and snapshot, built for Windows and run under Wine: what a Linux machine can show of Windows.
//!
//! Debian has a compiler whose sources of the standard library Cargo can build for any target, a linker, and Wine. Which
//! tests cannot run there is in `xtask/wine.toml`, with the reason of each; a machine with Windows has to run those.

use crate::{project, untested};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;
use wasi_policy::Descriptor;
use xshell::{Cmd, Shell, cmd};

const TARGET: &str = "x86_64-pc-windows-gnu";
pub(crate) const RUSTC: &str = "/usr/bin/rustc";
const WINE: &str = "/usr/lib/wine/wine64";
const LINKER: &str = "/usr/bin/x86_64-w64-mingw32-gcc";
pub(crate) const PACKAGES: &str = "rustc-web rust-web-src gcc-mingw-w64-x86-64 wine64";

/// Wine 8 lacks the library that Rust's own takes random bytes from, and a program without it ends and says nothing.
const RANDOM: &str = "unsigned char __stdcall SystemFunction036(void *, unsigned long);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long size) {
    return SystemFunction036(bytes, (unsigned long)size);
}
";

/// The table `xtask/wine.toml`.
#[derive(Deserialize)]
struct Table {
    cannot: Vec<Cannot>,
}

/// Tests that cannot run under Wine.
#[derive(Deserialize)]
struct Cannot {
    reason: String,
    /// By name; those of files stand for the two kinds of directories that are the host's.
    tests: Vec<String>,
}

impl Cannot {
    fn names(&self) -> impl Iterator<Item = String> {
        self.tests.iter().flat_map(|test| match test.starts_with("files::") {
            true => vec![format!("on_host::{test}"), format!("layered::{test}")],
            false => vec![test.clone()],
        })
    }
}

/// Runs the tests; gives the reason where nothing can run.
pub(crate) fn run(proposals: &[Descriptor]) -> Result<Option<String>> {
    if let Some(reason) = untested::reason(proposals, "snapshot") {
        return Ok(Some(reason));
    }
    if let Some(missing) = [RUSTC, WINE, LINKER].into_iter().find(|path| !Path::new(path).exists()) {
        return Ok(Some(format!(
            "{missing} is not here; on Debian 12, `apt-get install {PACKAGES}` brings it"
        )));
    }
    let shell = project::shell()?;
    let place = project::target().join("windows");
    prepare(&shell, &place)?;
    let Table { cannot } = toml::from_str(include_str!("../wine.toml"))?;
    let test = |arguments: &[&str]| cargo(&shell, &place).args(arguments);
    test(&["--package", "wasi-policy", "--lib", "--tests"]).run()?;
    let snapshot = ["--package", "wasi-snapshot", "--lib", "--test", "calls"];
    let listed = test(&snapshot).args(["--", "--list"]).read()?;
    let known: BTreeSet<_> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let skipped: Vec<_> = cannot.iter().flat_map(Cannot::names).collect();
    let unknown: Vec<_> = skipped.iter().filter(|name| !known.contains(name.as_str())).collect();
    ensure!(unknown.is_empty(), "xtask/wine.toml names tests that are not there: {unknown:?}; take them off");
    let skips = skipped.iter().flat_map(|name| ["--skip", name]);
    test(&snapshot).args(["--", "--exact"]).args(skips).run()?;
    println!(
        "ran {} tests of wasi-snapshot under Wine; {} cannot run there:",
        known.len() - skipped.len(),
        skipped.len()
    );
    for one in &cannot {
        println!("{:4} {}", one.names().count(), one.reason);
    }
    Ok(None)
}

/// Makes what Wine lacks, beside the programs.
fn prepare(shell: &Shell, place: &Path) -> Result<()> {
    let programs = place.join(TARGET).join("debug/deps");
    shell.create_dir(&programs)?;
    let (source, library) = (place.join("random.c"), programs.join("bcryptprimitives.dll"));
    shell.write_file(&source, RANDOM)?;
    cmd!(shell, "{LINKER} -shared -o {library} {source} -ladvapi32")
        .run()
        .context("the linker for Windows fails")
}

/// `cargo test` for Windows, with a standard library that Cargo builds, and with Wine as what runs it.
fn cargo<'s>(shell: &'s Shell, place: &Path) -> Cmd<'s> {
    let standard = "-Zbuild-std=std,panic_unwind,test";
    cmd!(shell, "cargo test {standard} --target {TARGET} --target-dir {place}")
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", WINE)
        .env("WINEPREFIX", place.join("wine"))
        .env("WINEDEBUG", "-all")
}

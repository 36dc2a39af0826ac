//! A check that the libraries compile for macOS, with a standard library that Cargo builds: linking and running want a Mac.

use crate::project;
use crate::wine::{PACKAGES, RUSTC};
use anyhow::{Context, Result};
use std::path::Path;
use xshell::cmd;

const TARGETS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

/// Checks policy and snapshot, and the facade with them on wasmi; gives the reason where nothing can.
pub(crate) fn run() -> Result<Option<String>> {
    if !Path::new(RUSTC).exists() {
        return Ok(Some(format!(
            "{RUSTC} is not here; on Debian 12, `apt-get install {PACKAGES}` brings it"
        )));
    }
    let shell = project::shell()?;
    let place = project::target().join("macos");
    let libraries = ["--package", "wasi-policy", "--package", "wasi-snapshot"];
    let facade = ["--package", "wasi-facade", "--no-default-features", "--features", "snapshot,wasmi"];
    for target in TARGETS {
        for packages in [&libraries[..], &facade] {
            let standard = "-Zbuild-std=std,panic_unwind";
            cmd!(shell, "cargo check {standard} --target {target} --target-dir {place} {packages...}")
                .env("RUSTC", RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .run()
                .with_context(|| format!("it does not compile for {target}"))?;
        }
    }
    Ok(None)
}

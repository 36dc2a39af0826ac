//! `cargo xtask setup`: fetches the crates of the lock file and the pinned packages, with the ordinary clients of
//! their indexes.
//!
//! Nothing fetched is committed. Where no index is reached a task skips what needs the package and says why;
//! continuous integration has no such excuse, so there the same is an error.

use crate::packages::{self, Package};
use crate::{project, remote};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// Fetches the named packages, or the crates of the lock file and all packages.
pub(crate) fn run(names: &[String]) -> Result<()> {
    let shell = project::shell()?;
    if names.is_empty() {
        // A test reads what the package of a peer ships, which only benches build.
        or_skip("the crates of Cargo.lock", Ok(cmd!(shell, "cargo fetch --quiet --locked").run()?))?;
    }
    if names.iter().any(|name| name == remote::NAME) {
        remote::environments(&shell)?;
    }
    let all = packages::read()?;
    for name in if names.is_empty() {
        all.keys().filter(|name| all[*name].is_for_this_system()).collect::<Vec<_>>()
    } else {
        names.iter().filter(|name| *name != remote::NAME).collect()
    } {
        if let Some(folder) = fetch(&shell, name)? {
            println!("{}: {}", folder.display(), all[name].purpose);
        }
    }
    Ok(())
}

/// The folder of a package, fetched unless it is there as it is pinned; `None`, with the reason printed, where it cannot
/// be had.
pub(crate) fn fetch(shell: &Shell, name: &str) -> Result<Option<PathBuf>> {
    let all = packages::read()?;
    let package = all.get(name).with_context(|| format!("no package {name:?}; see xtask/packages.toml"))?;
    let place = project::target().join("packages");
    let (folder, part) = (place.join(package.folder(name)), place.join("part"));
    if package.verify(name, &folder).is_err() {
        println!("fetching {name} {} ({})", package.version, package.purpose);
        if or_skip(name, download(shell, name, package, &part))?.is_none() {
            return Ok(None);
        }
        package.verify(name, &part)?;
        // An interrupted fetch must not be mistaken for a whole one, so the final name appears last.
        shell.remove_path(&folder)?;
        fs::rename(&part, &folder).with_context(|| format!("cannot name {}", folder.display()))?;
    }
    Ok(Some(folder))
}

/// What was fetched; `None`, with the reason printed, where that failed and may.
pub(crate) fn or_skip<T>(what: &str, fetched: Result<T>) -> Result<Option<T>> {
    match fetched {
        Err(error) if project::in_ci() => Err(error.context(format!("{what} is needed where CI is set"))),
        Err(error) => {
            println!("skipped: {what} could not be fetched: {error:#}");
            Ok(None)
        }
        Ok(thing) => Ok(Some(thing)),
    }
}

/// Brings a package into a folder, which is emptied first.
fn download(shell: &Shell, name: &str, package: &Package, part: &Path) -> Result<()> {
    shell.remove_path(part)?;
    shell.create_dir(part)?;
    if package.npm {
        let name = format!("{name}@{}", package.version);
        quiet(cmd!(shell, "npm pack --loglevel=error --pack-destination {part} {name}"))?;
        let archive = shell.read_dir(part)?.pop().context("npm brought no file")?;
        quiet(cmd!(shell, "tar -xzf {archive} -C {part}"))?;
        return Ok(shell.remove_path(archive)?);
    }
    // Some systems still keep another `python`.
    let is_there = |name: &&str| quiet(cmd!(shell, "{name} --version")).is_ok();
    let python = ["python3", "python"].into_iter().find(is_there).context("python is not installed")?;
    let requirements = package.requirements(name);
    // `--target` needs no virtual environment, which some systems package apart, and leaves the system's packages alone.
    quiet(cmd!(
        shell,
        "{python} -m pip install --quiet --no-deps --only-binary :all: --ignore-requires-python
         --disable-pip-version-check --root-user-action ignore --target {part} {requirements...}"
    ))?;
    // Packages with native code are for the one interpreter that installed them.
    let interpreter = cmd!(shell, "{python} -c 'import sys; print(sys.executable)'").quiet().read()?;
    Ok(shell.write_file(part.join("interpreter.txt"), interpreter)?)
}

/// Is this Debian, whose packages bring what builds for other systems?
pub(crate) fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"))
}

/// Installs packages of Debian's, for all users of the machine.
pub(crate) fn install(packages: &[String]) -> Result<()> {
    ensure!(is_debian(), "only Debian is known to have {}", packages.join(" "));
    let shell = project::shell()?;
    println!("installing for all users, by apt-get: {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        cmd!(shell, "apt-get -qq {arguments...}").env("DEBIAN_FRONTEND", "noninteractive")
    };
    quiet(apt(&["update"]))?;
    quiet(apt(&["install", "--yes", "--no-install-recommends"]).args(packages))
}

/// Runs a client without its chatter, of which only the reason is kept when it fails.
pub(crate) fn quiet(client: Cmd<'_>) -> Result<()> {
    let output = client.quiet().ignore_status().output()?;
    if !output.status.success() {
        bail!("{}", reason(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(())
}

/// The first error in what a client says: the warnings before it and the advice after it are about something else.
fn reason(complaint: &str) -> &str {
    let mut lines = complaint.lines().filter(|line| !line.starts_with("WARNING"));
    let is_error = |line: &&str| line.starts_with("E: ") || line.to_lowercase().contains("error");
    lines.find(is_error).unwrap_or("the client says no reason")
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_the_first_error() {
        assert_eq!(reason("WARNING: an error, retrying\nERROR: none\nERROR: that is all"), "ERROR: none");
        assert_eq!(reason("npm warn odd\nnpm error code E404\nnpm error a log"), "npm error code E404");
        assert_eq!(
            reason("W: old lists\nE: Unable to locate package a\nE: b"),
            "E: Unable to locate package a"
        );
        assert_eq!(reason(""), "the client says no reason");
    }
}

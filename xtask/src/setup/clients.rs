//! The clients that bring a package into a folder: `pip`, `npm` and `cargo`, each for its own index.

use crate::packages::{Index, Package};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// The file of an environment that says which interpreter the environment was made for.
const INTERPRETER: &str = "interpreter.txt";

/// Brings a package into a folder, which is emptied first.
pub(super) fn download(shell: &Shell, package: &Package, part: &Path) -> Result<()> {
    println!("fetching {} {} ({})", package.name, package.version, package.purpose);
    shell.remove_path(part)?;
    shell.create_dir(part)?;
    match package.index {
        Index::PyPi => wheel(shell, package, part),
        Index::Npm => npm_package(shell, package, part),
        Index::Crates => source_files(shell, package, part),
        Index::Compiled => compiled(shell, package, part),
        Index::Environment(requirements) => environment(shell, requirements, part),
    }
}

fn wheel(shell: &Shell, package: &Package, part: &Path) -> Result<()> {
    let archives = empty_archives(shell, part)?;
    let (name, version) = (package.name, package.version);
    let python = python(shell)?;
    let download = cmd!(
        shell,
        "{python} -m pip download --quiet --no-deps --only-binary :all: --ignore-requires-python
         --disable-pip-version-check --dest {archives} {name}=={version}"
    );
    quiet(download, "python with pip is not installed")?;
    let archive = only_file(&archives)?;
    quiet(cmd!(shell, "{python} -m zipfile -e {archive} {part}"), "python is not installed")?;
    Ok(shell.remove_path(&archives)?)
}

fn npm_package(shell: &Shell, package: &Package, part: &Path) -> Result<()> {
    let archives = empty_archives(shell, part)?;
    let (name, version) = (package.name, package.version);
    let pack = cmd!(shell, "npm pack --loglevel=error --pack-destination {archives} {name}@{version}");
    quiet(pack, "npm is not installed")?;
    let archive = only_file(&archives)?;
    quiet(cmd!(shell, "tar -xzf {archive} -C {part}"), "tar is not installed")?;
    Ok(shell.remove_path(&archives)?)
}

/// Copies the pinned files of a crate out of Cargo's cache, where `cargo info` puts the sources of that one crate.
///
/// Every command that builds, fetches or vendors would bring the crate's dependencies too, and would have to be
/// kept away from the workspace's lock file.
fn source_files(shell: &Shell, package: &Package, part: &Path) -> Result<()> {
    let (name, version) = (package.name, package.version);
    let cargo = cargo();
    quiet(cmd!(shell, "{cargo} info --quiet {name}@{version}"), "cargo is not installed")?;
    let source = cached_source(&cargo_home()?.join("registry").join("src"), name, version)?;
    for (file, _) in package.files {
        let (from, to) = (source.join(file), part.join(file));
        shell.create_dir(to.parent().unwrap_or(part))?;
        fs::copy(&from, &to).with_context(|| format!("{name} {version} has no {file}"))?;
    }
    Ok(())
}

/// Compiles the programs of a crate, which are used a few times, so not for speed.
fn compiled(shell: &Shell, package: &Package, part: &Path) -> Result<()> {
    let (name, version, cargo) = (package.name, package.version, cargo());
    let quick =
        ["profile.release.opt-level=1", "profile.release.lto=false", "profile.release.codegen-units=16"];
    let quick = quick.iter().flat_map(|option| ["--config", option]);
    let install = cmd!(shell, "{cargo} install --quiet --locked --root {part} {quick...} {name}@{version}");
    quiet(install, "cargo is not installed")
}

fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn cargo_home() -> Result<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .context("Cargo's cache is not found; set CARGO_HOME")
}

/// The sources of a crate in Cargo's cache, which has a folder for each index.
fn cached_source(cache: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let indexes = fs::read_dir(cache).with_context(|| format!("cannot list {}", cache.display()))?;
    for index in indexes {
        let source = index?.path().join(format!("{name}-{version}"));
        if source.is_dir() {
            return Ok(source);
        }
    }
    bail!("cargo left no {name}-{version} in {}", cache.display())
}

/// Installs Python packages side by side.
///
/// `--target` needs no virtual environment, which some systems package apart, and leaves the system's own packages
/// alone. Nothing is resolved: the requirements are the whole set.
fn environment(shell: &Shell, requirements: &[&str], part: &Path) -> Result<()> {
    let python = python(shell)?;
    let install = cmd!(
        shell,
        "{python} -m pip install --quiet --no-deps --only-binary :all: --disable-pip-version-check
         --root-user-action ignore --target {part} {requirements...}"
    );
    quiet(install, "python with pip is not installed")?;
    let interpreter = cmd!(shell, "{python} -c 'import sys; print(sys.executable)'").quiet().read()?;
    Ok(shell.write_file(part.join(INTERPRETER), interpreter)?)
}

/// The folder that a requirement of an environment leaves behind, which has its name and version.
pub(super) fn metadata_folder(requirement: &str) -> String {
    format!("{}.dist-info", requirement.replace("==", "-"))
}

fn empty_archives(shell: &Shell, part: &Path) -> Result<PathBuf> {
    let archives = part.with_file_name("archives");
    shell.remove_path(&archives)?;
    Ok(shell.create_dir(&archives)?)
}

/// The Python interpreter: `python3` where both names exist, since some systems still keep another `python`.
fn python(shell: &Shell) -> Result<&'static str> {
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

#[cfg(test)]
mod tests {
    use super::{cached_source, metadata_folder, reason};
    use crate::project;

    #[test]
    fn the_reason_is_the_first_error() {
        assert_eq!(reason("WARNING: an error, retrying\nERROR: none\nERROR: that is all"), "ERROR: none");
        assert_eq!(reason("npm warn odd\nnpm error code E404\nnpm error a log"), "npm error code E404");
        assert_eq!(reason(""), "the client says no reason");
    }

    #[test]
    fn what_was_brought_is_found() {
        assert_eq!(metadata_folder("numpy==2.4.6"), "numpy-2.4.6.dist-info");
        // Seen from its parent, this workspace has the shape of an index in the cache.
        let root = project::root();
        let cache = root.parent().unwrap();
        assert!(cached_source(cache, "wasi", "policy").unwrap().ends_with("wasi-policy"));
        let error = cached_source(cache, "wasi", "absent").unwrap_err().to_string();
        assert!(error.starts_with("cargo left no wasi-absent in "), "{error}");
    }
}

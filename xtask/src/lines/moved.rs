//! The program wasmi_cli of the registry, moved from `wasmi_wasi` to our crates by a table of edits, built and run.

use crate::project;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// How many lines may be removed or added, manifest included.
const MAX_CHANGED: usize = 60;

/// How a program moves, and what it does then; the table says what its keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    package: String,
    version: String,
    guests: Vec<String>,
    edits: BTreeMap<String, Vec<(String, String)>>,
    run: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    arguments: Vec<String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    fails: String,
}

/// Moves the program, builds it, and runs it.
pub(crate) fn run() -> Result<()> {
    let table: Move = toml::from_str(include_str!("../../inputs/wasmi_cli.toml"))
        .context("xtask/inputs/wasmi_cli.toml cannot be read")?;
    let (shell, moved) = (project::shell()?, project::target().join("moved"));
    let (place, work) = (moved.join(&table.package), moved.join("work"));
    shell.remove_path(&moved)?;
    let published = table.published(&shell, &moved.join("fetch"))?;
    cmd!(shell, "cp -R {published} {place}").quiet().run()?;
    table.edit(&shell, &place)?;
    let changed = changed_lines(&shell, &published, &place)?;
    ensure!(changed <= MAX_CHANGED, "{changed} lines are changed, of {MAX_CHANGED} at most");
    let program = build(&shell, &place)?;
    shell.write_file(work.join("files/note"), "a note\n")?;
    for guest in &table.guests {
        shell.copy_file(project::root().join("guests").join(guest), &work)?;
    }
    shell.change_dir(&work);
    for run in &table.run {
        run.pass(&shell, &program).with_context(|| run.arguments.join(" "))?;
    }
    println!("ok: {} with {changed} changed lines, {} runs", table.package, table.run.len());
    Ok(())
}

impl Move {
    /// The folder of the program as it was published, which comes along for a package that depends on it.
    fn published(&self, shell: &Shell, fetch: &Path) -> Result<PathBuf> {
        let manifest = format!(
            "[package]\nname = 'fetch'\n[workspace]\n[dependencies]\n{} = {{ version = '={}', default-features = false }}",
            self.package, self.version
        );
        shell.write_file(fetch.join("Cargo.toml"), manifest)?;
        shell.write_file(fetch.join("src/lib.rs"), "")?;
        let _there = shell.push_dir(fetch);
        cmd!(shell, "cargo vendor --quiet vendor").quiet().ignore_stdout().run()?;
        Ok(fetch.join("vendor").join(&self.package))
    }

    fn edit(&self, shell: &Shell, place: &Path) -> Result<()> {
        for (file, edits) in &self.edits {
            let mut text = shell.read_file(place.join(file))?;
            for (find, replace) in edits {
                let times = text.matches(find).count();
                ensure!(times == 1, "{file} has this {times} times, and not once: {find}");
                text = text.replace(find, &replace.replace("ROOT", &project::root().display().to_string()));
            }
            shell.write_file(place.join(file), text)?;
        }
        Ok(())
    }
}

/// Lines removed and lines added, in all files.
fn changed_lines(shell: &Shell, before: &Path, after: &Path) -> Result<usize> {
    // It fails where there are differences.
    let diff =
        cmd!(shell, "git diff --no-index --numstat {before} {after}").quiet().ignore_status().read()?;
    let counts = diff.lines().flat_map(|line| line.split('\t').take(2)).map(str::parse::<usize>);
    counts.sum::<Result<_, _>>().context("git counts other than lines")
}

/// Builds a package that lies within this workspace and is none of its members, with what is locked here.
fn build(shell: &Shell, place: &Path) -> Result<PathBuf> {
    let (manifest, target) = (place.join("Cargo.toml"), project::target().join("lines/target"));
    shell.write_file(&manifest, shell.read_file(&manifest)? + "\n[workspace]\n")?;
    shell.copy_file(project::root().join("Cargo.lock"), place)?;
    cmd!(shell, "cargo build --quiet --manifest-path {manifest} --target-dir {target}").run()?;
    Ok(target.join("debug").join(format!("wasmi{}", std::env::consts::EXE_SUFFIX)))
}

impl Run {
    fn pass(&self, shell: &Shell, program: &Path) -> Result<()> {
        let Run { arguments, exit, stdout, fails } = self;
        let output = cmd!(shell, "{program} {arguments...}").quiet().ignore_status().output()?;
        let [said, failed] =
            [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        ensure!(
            output.status.code() == Some(*exit) && said == *stdout && failed.contains(fails),
            "{}, not exit code {exit}\nstdout: {said}\nand not {stdout}\nstderr: {failed}\nand not {fails}",
            output.status
        );
        Ok(())
    }
}

//! The real programs, as the table `programs.toml` has them, and one of them about to run on an engine.

use crate::packages::sha256;
use crate::project;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

/// A second start takes its code from the cache, however large the module.
const RESTART_WITHIN: Duration = Duration::from_secs(3);

pub(super) const BOTH: [&str; 2] = ["wasmtime", "wasmi"];

/// A program of a package, and a task for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) package: String,
    #[serde(default = "both")]
    pub(super) engines: Vec<String>,
    shared: Option<(String, String)>,
    #[serde(default)]
    inputs: Vec<String>,
    run: Vec<Run>,
    #[serde(default)]
    left: Vec<Left>,
    restart: Option<Run>,
}

/// One start of a module.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    module: String,
    arguments: Vec<String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    exit: i32,
}

/// A file that was written.
#[derive(Deserialize)]
struct Left {
    file: String,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Is(String),
    Holds(String),
    Sha256(String),
}

fn both() -> Vec<String> {
    BOTH.map(str::to_owned).into()
}

/// All programs.
pub(super) fn read() -> Result<Vec<Program>> {
    #[derive(Deserialize)]
    struct Table {
        program: Vec<Program>,
    }
    let table: Table =
        toml::from_str(include_str!("programs.toml")).context("programs.toml cannot be read")?;
    Ok(table.program)
}

/// A program about to run on one engine.
pub(super) struct Guest<'a> {
    pub(super) shell: &'a Shell,
    pub(super) command: &'a Path,
    pub(super) engine: &'a str,
    pub(super) program: &'a Program,
    pub(super) package: &'a Path,
    pub(super) folder: PathBuf,
}

impl Guest<'_> {
    pub(super) fn pass(&self) -> Result<()> {
        let (shell, work) = (self.shell, self.folder.join("work"));
        shell.create_dir(&work)?;
        shell.create_dir(self.folder.join("tmp"))?;
        let inputs = project::root().join("xtask/inputs");
        for name in &self.program.inputs {
            shell.copy_file(inputs.join(name), &work)?;
        }
        for run in &self.program.run {
            self.has_all_imports(run)?;
            self.run(run).with_context(|| format!("{} {}", run.module, run.arguments.join(" ")))?;
        }
        self.program.left.iter().try_for_each(|left| left.check(&work))?;
        if self.engine == "wasmtime"
            && let Some(run) = &self.program.restart
        {
            let start = Instant::now();
            self.run(run)?;
            let took = start.elapsed();
            ensure!(took < RESTART_WITHIN, "a second start took {took:?}; was the code cached?");
            println!("        {:10} {:10} {:6.2} s started again", "", "", took.as_secs_f64());
        }
        Ok(())
    }

    /// The command says of each module that it may have all it needs.
    fn has_all_imports(&self, run: &Run) -> Result<()> {
        let (command, module) = (self.command, self.package.join(&run.module));
        let needs = cmd!(self.shell, "{command} imports {module}").quiet().read()?;
        ensure!(needs.starts_with("the proposal `snapshot` is allowed"), "{}: {needs}", run.module);
        ensure!(!needs.contains("nobody offers"), "{}: {needs}", run.module);
        Ok(())
    }

    fn run(&self, run: &Run) -> Result<()> {
        let (command, engine, arguments) = (self.command, self.engine, &run.arguments);
        let mount = |host: PathBuf, guest: &str| format!("--dir={}::{guest}", host.display());
        let mut mounts = vec![mount(self.folder.join("work"), "/w"), mount(self.folder.join("tmp"), "/tmp")];
        if let Some((from, to)) = &self.program.shared {
            mounts.push(mount(self.package.join(from), to) + "::ro");
        }
        let module = self.package.join(&run.module);
        let run_it = cmd!(
            self.shell,
            "{command} run --engine {engine} {mounts...} --env GREETING=salut {module} {arguments...}"
        );
        let output = run_it.quiet().stdin(&run.stdin).ignore_status().output()?;
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        ensure!(
            output.status.code() == Some(run.exit) && stdout == run.stdout,
            "{}, not exit code {}\nstdout: {stdout}\nand not {}\nstderr: {stderr}",
            output.status,
            run.exit,
            run.stdout
        );
        Ok(())
    }
}

impl Left {
    fn check(&self, work: &Path) -> Result<()> {
        let bytes =
            fs::read(work.join(&self.file)).with_context(|| format!("no {} was written", self.file))?;
        let text = || String::from_utf8_lossy(&bytes);
        let (is_right, found) = match &self.expected {
            Expected::Is(expected) => (text() == *expected, text().into_owned()),
            Expected::Holds(part) => (text().contains(part), text().into_owned()),
            Expected::Sha256(expected) => {
                (sha256(&bytes) == *expected, format!("SHA-256 {}", sha256(&bytes)))
            }
        };
        ensure!(
            is_right,
            "{}, of {} bytes, is\n{found}\nand not\n{:?}",
            self.file,
            bytes.len(),
            self.expected
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::packages;

    #[test]
    fn programs_are_of_packages_that_are_fetched() {
        let (programs, packages) = (read().unwrap(), packages::read().unwrap());
        assert!(programs.iter().all(|program| packages.contains_key(&program.package)));
    }
}

//! `cargo xtask e2e`: real programs that nobody here wrote, run through the release `wasi` command.
//!
//! Each program runs on each engine it is able to run on, in a folder of its own. What it must print, write and
//! exit with was found with other means: another runtime, or arithmetic that is easy to do elsewhere. Two guests are
//! ours: one is a port, which has to say what the original says, and one is a server on the HTTP library of Go.

mod identify;
mod programs;
mod server;

use crate::{project, setup, untested};
use anyhow::{Context, Result, ensure};
use programs::{PROGRAMS, Program, Run};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wasi_policy::Descriptor;
use xshell::{Shell, cmd};

/// What all programs need but one, which needs more.
const PROPOSAL: &str = "snapshot";

/// A second start takes its code from the cache, however large the module.
const RESTART_WITHIN: Duration = Duration::from_secs(3);

/// Runs the named programs, or all but those that need a proposal which is untested.
pub(crate) fn run(names: &[String], proposals: &[Descriptor]) -> Result<()> {
    for name in names {
        let ours = [identify::NAME, server::NAME];
        ensure!(
            ours.contains(&&**name) || PROGRAMS.iter().any(|program| program.name == name),
            "no program {name:?}; xtask/src/e2e/programs.rs lists them, and there are {ours:?}"
        );
    }
    let shell = project::shell()?;
    let command = project::build_command(&shell)?;
    let place = project::target().join("e2e");
    // A cache of its own makes the first start a cold one, whatever ran before.
    shell.remove_path(&place)?;
    let _cache = shell.push_env("XDG_CACHE_HOME", place.join("cache"));
    let chosen = |name: &str| names.is_empty() || names.iter().any(|chosen| chosen == name);
    let mut tally = Tally::default();
    for program in PROGRAMS.iter().filter(|program| chosen(program.name)) {
        if names.is_empty() && tally.skips(program.name, &[PROPOSAL], proposals) {
            continue;
        }
        let Some(package) = setup::fetch(&shell, program.package)? else {
            tally.skipped += 1;
            continue;
        };
        for engine in program.engines {
            let folder = place.join(format!("{}-{engine}", program.name));
            let guest =
                Guest { shell: &shell, command: &command, engine, program, package: &package, folder };
            tally.record(program.name, engine, || guest.pass());
        }
    }
    if chosen(identify::NAME)
        && !(names.is_empty() && tally.skips(identify::NAME, identify::PROPOSALS, proposals))
    {
        identify::run(&shell, &command, &place, &mut tally)?;
    }
    if chosen(server::NAME) && !(names.is_empty() && tally.skips(server::NAME, &[PROPOSAL], proposals)) {
        server::run(&shell, &command, &place, &mut tally)?;
    }
    tally.sum_up()
}

/// What came of the programs so far.
#[derive(Default)]
struct Tally {
    passed: usize,
    skipped: usize,
    failed: Vec<String>,
}

impl Tally {
    /// Whether a program is passed over, because one of the proposals that it `needs` is untested; says so.
    fn skips(&mut self, program: &str, needs: &[&str], proposals: &[Descriptor]) -> bool {
        let reason = needs.iter().find_map(|name| untested::reason(proposals, name));
        if let Some(reason) = &reason {
            println!("skipped {program:10} {reason}");
            self.skipped += 1;
        }
        reason.is_some()
    }

    /// Runs a program in some way, which is usually an engine's name, and says how that went.
    fn record(&mut self, program: &str, way: &str, pass: impl FnOnce() -> Result<()>) {
        let start = Instant::now();
        let result = pass();
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                println!("ok      {program:10} {way:10} {seconds:6.2} s");
                self.passed += 1;
            }
            Err(error) => {
                println!("FAILED  {program:10} {way:10} {seconds:6.2} s: {error:#}");
                self.failed.push(format!("{program} on {way}"));
            }
        }
    }

    fn sum_up(self) -> Result<()> {
        println!("e2e: {} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.skipped);
        ensure!(self.failed.is_empty(), "{} went wrong", self.failed.join(", "));
        Ok(())
    }
}

/// A program about to run on one engine.
struct Guest<'a> {
    shell: &'a Shell,
    command: &'a Path,
    engine: &'a str,
    program: &'a Program,
    package: &'a Path,
    folder: PathBuf,
}

impl Guest<'_> {
    fn pass(&self) -> Result<()> {
        let work = self.folder.join("work");
        fs::create_dir_all(&work)?;
        fs::create_dir_all(self.folder.join("tmp"))?;
        for (name, text) in self.program.inputs {
            fs::write(work.join(name), text)?;
        }
        for run in self.program.runs {
            self.has_all_imports(run)?;
            self.run(run).with_context(|| format!("{} {}", run.module, run.arguments.join(" ")))?;
        }
        (self.program.check)(&work)?;
        if self.engine == "wasmtime"
            && let Some(run) = self.program.restart
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
        let (command, module) = (self.command, self.package.join(run.module));
        let needs = cmd!(self.shell, "{command} imports {module}").quiet().read()?;
        ensure!(needs.starts_with("the proposal `snapshot` is allowed"), "{}: {needs}", run.module);
        ensure!(!needs.contains("nobody offers"), "{}: {needs}", run.module);
        Ok(())
    }

    fn run(&self, run: &Run) -> Result<()> {
        let (command, engine, arguments) = (self.command, self.engine, run.arguments);
        let work = mount(&self.folder.join("work"), "/w");
        let temporary = mount(&self.folder.join("tmp"), "/tmp");
        let shared = self
            .program
            .shared
            .map(|(from, to)| format!("--dir={}::ro", mount(&self.package.join(from), to)));
        let module = self.package.join(run.module);
        let output = cmd!(
            self.shell,
            "{command} run --engine {engine} --dir {work} --dir {temporary} {shared...} --env GREETING=salut
             {module} {arguments...}"
        )
        .quiet()
        .stdin(run.stdin)
        .ignore_status()
        .output()?;
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(
            output.status.code() == Some(run.exit),
            "{}, not exit code {}\nstdout: {stdout}\nstderr: {stderr}",
            output.status,
            run.exit
        );
        ensure!(stdout == run.stdout, "stdout is\n{stdout}\nand not\n{}\nstderr: {stderr}", run.stdout);
        Ok(())
    }
}

fn mount(host: &Path, guest: &str) -> String {
    format!("{}::{guest}", host.display())
}

#[cfg(test)]
mod tests {
    use super::{PROPOSAL, Tally, identify};
    use wasi_policy::{Descriptor, Stage};

    #[test]
    fn programs_rest_with_their_proposals() {
        const ROWS: &[Descriptor] = &[
            Descriptor::new("snapshot", Stage::Two),
            Descriptor::new("nn", Stage::Two).untested("it hangs"),
        ];
        let mut tally = Tally::default();
        assert!(!tally.skips("cpython", &[PROPOSAL], ROWS));
        assert!(tally.skips(identify::NAME, identify::PROPOSALS, ROWS));
        assert!(!tally.skips(identify::NAME, identify::PROPOSALS, &ROWS[..1]));
        assert_eq!(tally.skipped, 1);
    }
}

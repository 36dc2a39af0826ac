//! `cargo xtask e2e`: real programs that nobody here wrote, run through the `wasi` command.
//!
//! Each program runs on each engine it is able to run on, in a folder of its own. What it must print, write and
//! exit with was found with other means: another runtime, or arithmetic that is easy to do elsewhere. Two guests are
//! ours: one is a port, which has to say what the original says, and one is a server on the HTTP library of Go.

mod identify;
mod programs;
mod server;

use crate::{project, setup, untested};
use anyhow::{Result, ensure};
use programs::{Guest, Program};
use std::path::Path;
use std::time::Instant;
use wasi_policy::Descriptor;
use xshell::Shell;

/// Runs the named programs, or all but those that need a proposal which is untested.
pub(crate) fn run(names: &[String], proposals: &[Descriptor]) -> Result<()> {
    let command = project::tested_command(&project::shell()?)?;
    through(&command, false, names, proposals).map(drop)
}

/// Runs them through a command, and says how many runs passed. A foreign one, of another system, uses no libraries of ours.
pub(crate) fn through(
    command: &Path,
    is_foreign: bool,
    names: &[String],
    proposals: &[Descriptor],
) -> Result<usize> {
    let programs = programs::read()?;
    let all: Vec<_> =
        programs.iter().map(|program| &*program.name).chain([identify::NAME, server::NAME]).collect();
    for name in names {
        ensure!(all.contains(&&**name), "no program {name:?}; there are {}", all.join(", "));
    }
    let shell = project::shell()?;
    let place = project::target().join("e2e");
    // A cache of its own makes the first start a cold one, whatever ran before.
    shell.remove_path(&place)?;
    let _cache = shell.push_env("XDG_CACHE_HOME", place.join("cache"));
    let mut tally = Tally::default();
    let is_chosen = |name: &str, tally: &mut Tally| match names {
        [] => !tally.skips(name, proposals),
        _ => names.iter().any(|chosen| chosen == name),
    };
    for program in &programs {
        if is_chosen(&program.name, &mut tally) {
            real(&shell, command, &place, program, &mut tally)?;
        }
    }
    if is_chosen(identify::NAME, &mut tally) {
        identify::run(&shell, command, is_foreign, &place, &mut tally)?;
    }
    if is_chosen(server::NAME, &mut tally) {
        server::run(&shell, command, &place, &mut tally)?;
    }
    tally.sum_up()
}

/// Runs a program of others on each engine.
fn real(shell: &Shell, command: &Path, place: &Path, program: &Program, tally: &mut Tally) -> Result<()> {
    let Some(package) = setup::fetch(shell, &program.package)? else {
        tally.skipped += 1;
        return Ok(());
    };
    for engine in &program.engines {
        let folder = place.join(format!("{}-{engine}", program.name));
        let guest = Guest { shell, command, engine, program, package: &package, folder };
        tally.record(&program.name, engine, || guest.pass());
    }
    Ok(())
}

/// What came of the programs so far.
#[derive(Default)]
struct Tally {
    passed: usize,
    skipped: usize,
    failed: Vec<String>,
}

impl Tally {
    /// Whether a program is passed over, because a proposal that it needs is untested; says so.
    fn skips(&mut self, program: &str, proposals: &[Descriptor]) -> bool {
        let needs = if program == identify::NAME { &["snapshot", "nn"][..] } else { &["snapshot"] };
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

    fn sum_up(self) -> Result<usize> {
        println!("e2e: {} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.skipped);
        ensure!(self.failed.is_empty(), "{} went wrong", self.failed.join(", "));
        Ok(self.passed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, identify};
    use wasi_policy::{Descriptor, Stage};

    #[test]
    fn programs_are_skipped_with_their_proposals() {
        const ROWS: &[Descriptor] = &[
            Descriptor::new("snapshot", Stage::Two),
            Descriptor::new("nn", Stage::Two).untested("it hangs"),
        ];
        let mut tally = Tally::default();
        assert!(!tally.skips("cpython", ROWS) && !tally.skips(identify::NAME, &ROWS[..1]));
        assert!(tally.skips(identify::NAME, ROWS));
        assert_eq!(tally.skipped, 1);
    }
}

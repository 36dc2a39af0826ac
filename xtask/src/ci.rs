//! `cargo xtask ci`: everything a change has to pass, step by step, and what became of each step. With `--all` long steps
//! follow, which the hosted workflow runs at night.

mod long;
mod steps;
mod suites;
mod summary;

use crate::elsewhere::{self, Extent};
use crate::project;
use crate::suites::build::Executable;
use anyhow::{Result, bail, ensure};
use long::{LONG, PARTS};
use std::time::Instant;
use steps::STEPS;
use summary::{Ended, Summary};
use wasi_policy::Descriptor;
use wasi_policy::matrix::PROPOSALS;
use xshell::Shell;

/// The name of the step that is one for each suite; the star stands for the suite's name.
const EACH_SUITE: &str = "suite-*";

/// A check, why it is there, and what to do when it fails.
struct Step {
    name: &'static str,
    rule: &'static str,
    written: &'static str,
    fix: &'static str,
    action: fn(&mut Session) -> Result<()>,
}

/// A step that will run.
struct Planned {
    step: &'static Step,
    name: String,
    /// The suite that it is for, if it is one of those.
    suite: &'static str,
}

impl Planned {
    /// Does it take too long for every change?
    fn is_long(&self) -> bool {
        LONG.iter().any(|step| step.name == self.step.name)
    }
}

/// What the steps of one run share.
struct Session {
    /// In the root of the workspace.
    shell: Shell,
    proposals: &'static [Descriptor],
    /// The suite that the step at hand is for.
    suite: &'static str,
    /// Why the step at hand does nothing, if it does not.
    skipped: Option<String>,
    /// All programs of tests, once they are built.
    programs: Vec<Executable>,
}

impl Session {
    fn new(proposals: &'static [Descriptor]) -> Result<Self> {
        Ok(Self { shell: project::shell()?, proposals, suite: "", skipped: None, programs: Vec::new() })
    }

    /// Runs a step, and says what is wrong if it fails.
    fn run(&mut self, planned: &Planned) -> Ended {
        self.suite = planned.suite;
        let result = (planned.step.action)(self);
        match (result, self.skipped.take()) {
            (Err(error), _) => {
                println!("{}", explain(planned, &error));
                Ended::Failed
            }
            (Ok(()), Some(reason)) => {
                println!("skipped: {reason}");
                Ended::Skipped(reason)
            }
            (Ok(()), None) => Ended::Passed,
        }
    }
}

/// The step for a part of what a machine can show of other systems.
fn elsewhere(session: &mut Session, extent: Extent) -> Result<()> {
    let skipped = elsewhere::run(&[], extent)?;
    session.skipped = (!skipped.is_empty()).then(|| skipped.join("; "));
    Ok(())
}

/// Prints the steps.
pub(crate) fn list() {
    let steps = plan(PROPOSALS);
    let width = steps.iter().map(|planned| planned.name.len()).max().unwrap_or_default();
    for planned in steps {
        let long = if planned.is_long() { " (`--all`)" } else { "" };
        println!("{:width$}  {}{long}", planned.name, planned.step.rule);
    }
}

/// Runs the named steps, or those of every change and perhaps `all`, and sums up.
pub(crate) fn run(names: &[String], all: bool, keep_going: bool) -> Result<()> {
    let steps = choose(plan(PROPOSALS), names, all)?;
    let mut session = Session::new(PROPOSALS)?;
    let mut summary = Summary::default();
    for planned in steps {
        println!("==> {}: {}", planned.name, planned.step.rule);
        let start = Instant::now();
        let ended = session.run(&planned);
        let goes_on = ended != Ended::Failed || keep_going;
        summary.add(planned.name, ended, start.elapsed());
        if !goes_on {
            break;
        }
    }
    print!("\n{summary}");
    let failed = summary.failed();
    ensure!(
        failed.is_empty(),
        "failed: {}; `cargo xtask ci {}` repeats it alone",
        failed.join(", "),
        failed.join(" ")
    );
    Ok(())
}

/// All steps in order, those for each suite spelled out, and the long ones last.
fn plan(proposals: &[Descriptor]) -> Vec<Planned> {
    let once = |step: &'static Step| vec![Planned { step, name: step.name.to_owned(), suite: "" }];
    let each = |step: &'static Step| {
        let planned = |suite| Planned { step, name: step.name.replace('*', suite), suite };
        crate::suites::names(proposals).into_iter().map(planned).collect()
    };
    STEPS
        .iter()
        .chain(LONG)
        .flat_map(|step| if step.name == EACH_SUITE { each(step) } else { once(step) })
        .collect()
}

/// The named steps in the order of their names, or those of every change, or all, each of which does something of its own.
fn choose(mut plan: Vec<Planned>, names: &[String], all: bool) -> Result<Vec<Planned>> {
    if names.is_empty() {
        plan.retain(|planned| if all { !PARTS.contains(&planned.step.name) } else { !planned.is_long() });
        return Ok(plan);
    }
    let mut chosen = Vec::new();
    for name in names {
        match plan.iter().position(|planned| planned.name == *name) {
            Some(at) => chosen.push(plan.remove(at)),
            None => bail!("no step {name:?}, or twice; `cargo xtask ci --list` has them all"),
        }
    }
    Ok(chosen)
}

fn explain(Planned { step, name, .. }: &Planned, error: &anyhow::Error) -> String {
    format!(
        "FAILED {name}\n  {error:#}\n  rule:    {}\n  written: {}\n  fix:     {}",
        step.rule, step.written, step.fix
    )
}

#[cfg(test)]
mod tests {
    use super::summary::Ended;
    use super::{LONG, PARTS, Planned, STEPS, Session, choose, explain, plan};
    use wasi_policy::{Descriptor, Stage};

    /// What one can keep in mind.
    const MOST_STEPS: usize = 18;

    /// A table in which somebody switched the tests of a proposal off.
    const ROWS: &[Descriptor] =
        &[Descriptor::new("snapshot", Stage::Two), Descriptor::new("nn", Stage::Two).untested("it hangs")];

    fn chosen(names: &[&str]) -> Vec<Planned> {
        choose(plan(ROWS), &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), false).unwrap()
    }

    #[test]
    fn steps_say_what_they_want_and_each_suite_is_one() {
        let names: Vec<_> = chosen(&[]).into_iter().map(|planned| planned.name).collect();
        let at = names.iter().position(|name| name == "suite-snapshot").unwrap();
        assert_eq!(names[at..at + 3], ["suite-snapshot", "suite-nn", "suite-rest"]);
        assert!(names.len() == STEPS.len() + 2 && names.len() <= MOST_STEPS, "{names:?}");
        for step in STEPS.iter().chain(LONG) {
            let texts = [step.rule, step.written, step.fix];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", step.name);
        }
    }

    #[test]
    fn steps_run_in_the_order_asked_for() {
        let names: Vec<_> = chosen(&["size", "fmt"]).into_iter().map(|planned| planned.name).collect();
        assert_eq!(names, ["size", "fmt"]);
        let all = choose(plan(ROWS), &[], true).unwrap();
        assert_eq!(all.len() + PARTS.len(), chosen(&[]).len() + LONG.len());
        assert_eq!(all.last().unwrap().name, LONG.last().unwrap().name);
        assert_eq!(chosen(&["go-suite"]).len(), 1);
        let error = choose(plan(ROWS), &["fnt".into()], false).err().unwrap().to_string();
        assert_eq!(error, "no step \"fnt\", or twice; `cargo xtask ci --list` has them all");
    }

    #[test]
    fn a_failure_names_the_rule_its_place_and_the_fix() {
        let text = explain(&chosen(&["fmt"])[0], &anyhow::anyhow!("it differs"));
        for part in ["it differs", "formatted", "rustfmt.toml", "cargo fmt --all"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_suite_of_an_untested_proposal_is_skipped_and_says_why() {
        let ended = Session::new(ROWS).unwrap().run(&chosen(&["suite-nn"])[0]);
        assert_eq!(ended, Ended::Skipped("the proposal `nn` is untested: it hangs".to_owned()));
    }
}

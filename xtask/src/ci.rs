//! `cargo xtask ci`: everything a change has to pass, step by step, and what became of each step. With `--all` long steps
//! follow, which the hosted workflow runs at night.

mod long;
mod steps;
mod suites;
mod summary;

use crate::flakes::Tally;
use crate::suites::build::Executable;
use crate::suites::report::Report;
use crate::suites::shares::Measured;
use crate::{project, switch_off};
use anyhow::{Result, bail, ensure};
use long::LONG;
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
    mend: &'static str,
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
    /// The number of this day.
    today: i64,
    /// The suite that the step at hand is for.
    suite: &'static str,
    /// Why the step at hand does nothing, if it does not.
    skipped: Option<String>,
    /// All programs of tests, once they are built.
    programs: Vec<Executable>,
    /// The suites that ran.
    measured: Vec<Measured>,
    /// What the tests answered, once some of them ran again.
    flakes: Tally,
}

impl Session {
    fn new(proposals: &'static [Descriptor], today: i64) -> Result<Self> {
        Ok(Self {
            shell: project::shell()?,
            proposals,
            today,
            suite: "",
            skipped: None,
            programs: Vec::new(),
            measured: Vec::new(),
            flakes: Tally::default(),
        })
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

    /// Reports on tests, if any ran.
    fn report(&self) -> Result<()> {
        let is_repeated = self.flakes.repeated().next().is_some();
        if self.measured.is_empty() && !is_repeated {
            return Ok(());
        }
        let flakes = is_repeated.then_some(&self.flakes);
        Report { proposals: self.proposals, measured: &self.measured, flakes, today: self.today }.write()
    }
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
    let mut session = Session::new(PROPOSALS, switch_off::today())?;
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
    let reported = session.report();
    print!("\n{summary}");
    let failed = summary.failed();
    ensure!(
        failed.is_empty(),
        "failed: {}; `cargo xtask ci {}` repeats it alone",
        failed.join(", "),
        failed.join(" ")
    );
    reported
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

/// The named steps in the order of their names, or those of every change, or all.
fn choose(mut plan: Vec<Planned>, names: &[String], all: bool) -> Result<Vec<Planned>> {
    if names.is_empty() {
        plan.retain(|planned| all || !planned.is_long());
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
        "FAILED {name}\n  {error:#}\n  rule:    {}\n  written: {}\n  to mend: {}",
        step.rule, step.written, step.mend
    )
}

#[cfg(test)]
mod tests {
    use super::summary::Ended;
    use super::{LONG, Planned, STEPS, Session, choose, explain, plan};
    use std::collections::BTreeSet;
    use wasi_policy::{Descriptor, Stage};

    /// A copy of a table in which somebody switched a proposal off.
    const ROWS: &[Descriptor] = &[
        Descriptor::new("snapshot", Stage::Two),
        Descriptor::new("nn", Stage::Two).off_in_ci("2026-11-23", "it hangs"),
    ];

    fn chosen(names: &[&str]) -> Vec<Planned> {
        choose(plan(ROWS), &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), false).unwrap()
    }

    fn run(name: &str, today: &str) -> Ended {
        let today = wasi_policy::Date::parse(today).unwrap().number();
        Session::new(ROWS, today).unwrap().run(&chosen(&[name])[0])
    }

    #[test]
    fn every_step_says_what_it_wants() {
        let names: BTreeSet<_> = STEPS.iter().chain(LONG).map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len() + LONG.len());
        for step in STEPS.iter().chain(LONG) {
            assert!(
                [step.rule, step.written, step.mend].iter().all(|text| !text.is_empty()),
                "{}",
                step.name
            );
        }
    }

    #[test]
    fn each_suite_is_a_step() {
        let names: Vec<_> = chosen(&[]).into_iter().map(|planned| planned.name).collect();
        let at = names.iter().position(|name| name == "suite-snapshot").unwrap();
        assert_eq!(names[at..at + 3], ["suite-snapshot", "suite-nn", "suite-rest"]);
        assert_eq!(names.len(), STEPS.len() + 2);
    }

    #[test]
    fn steps_run_in_the_order_asked_for() {
        let names: Vec<_> = chosen(&["tree", "fmt"]).into_iter().map(|planned| planned.name).collect();
        assert_eq!(names, ["tree", "fmt"]);
    }

    #[test]
    fn long_steps_run_where_they_are_asked_for() {
        let all = choose(plan(ROWS), &[], true).unwrap();
        assert_eq!(all.len(), chosen(&[]).len() + LONG.len());
        assert_eq!(all.last().unwrap().name, LONG.last().unwrap().name);
        assert_eq!(chosen(&["go-suite"]).len(), 1);
    }

    #[test]
    fn an_unknown_step_is_an_error() {
        let error = choose(plan(ROWS), &["fnt".into()], false).err().unwrap().to_string();
        assert_eq!(error, "no step \"fnt\", or twice; `cargo xtask ci --list` has them all");
    }

    #[test]
    fn a_failure_names_the_rule_its_place_and_the_way_out() {
        let text = explain(&chosen(&["fmt"])[0], &anyhow::anyhow!("it differs"));
        for part in ["it differs", "formatted", "rustfmt.toml", "cargo fmt --all"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_suite_of_a_proposal_that_is_off_is_skipped_and_says_why() {
        let reason = "the proposal `nn` is off in CI since 2026-11-23: it hangs";
        assert_eq!(run("suite-nn", "2026-11-23"), Ended::Skipped(reason.to_owned()));
    }

    #[test]
    fn a_proposal_that_is_off_for_too_long_fails() {
        assert_eq!(run("switched-off", "2026-12-23"), Ended::Passed);
        assert_eq!(run("switched-off", "2026-12-24"), Ended::Failed);
    }

    #[test]
    fn shares_wait_for_all_suites() {
        assert!(matches!(run("shares", "2026-11-23"), Ended::Skipped(_)));
    }
}

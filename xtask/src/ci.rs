//! `cargo xtask ci`: everything a change has to pass, step by step, and what became of each step.

mod steps;
mod summary;

use crate::project;
use anyhow::{Result, bail, ensure};
use std::time::Instant;
use steps::STEPS;
use summary::{Ended, Summary};
use xshell::Shell;

/// A check, why it is there, and what to do when it fails.
struct Step {
    name: &'static str,
    rule: &'static str,
    written: &'static str,
    mend: &'static str,
    action: fn(&mut Session) -> Result<()>,
}

/// What the steps of one run share.
struct Session {
    /// In the root of the workspace.
    shell: Shell,
    /// Why the step at hand does nothing, if it does not.
    skipped: Option<String>,
}

impl Session {
    fn new() -> Result<Self> {
        Ok(Self { shell: project::shell()?, skipped: None })
    }
}

/// Prints the steps.
pub(crate) fn list() {
    let width = STEPS.iter().map(|step| step.name.len()).max().unwrap_or_default();
    for step in STEPS {
        println!("{:width$}  {}", step.name, step.rule);
    }
}

/// Runs the named steps, or all, and sums up.
pub(crate) fn run(names: &[String], keep_going: bool) -> Result<()> {
    let steps = choose(names)?;
    let mut session = Session::new()?;
    let mut summary = Summary::default();
    for step in steps {
        println!("==> {}: {}", step.name, step.rule);
        let start = Instant::now();
        let result = (step.action)(&mut session);
        let ended = match (&result, session.skipped.take()) {
            (Err(error), _) => {
                println!("{}", explain(step, error));
                Ended::Failed
            }
            (Ok(()), Some(reason)) => {
                println!("skipped: {reason}");
                Ended::Skipped(reason)
            }
            (Ok(()), None) => Ended::Passed,
        };
        summary.add(step.name, ended, start.elapsed());
        if result.is_err() && !keep_going {
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

fn choose(names: &[String]) -> Result<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        match STEPS.iter().find(|step| step.name == name) {
            Some(step) => chosen.push(step),
            None => bail!("no step {name:?}; `cargo xtask ci --list` has them all"),
        }
    }
    Ok(chosen)
}

fn explain(step: &Step, error: &anyhow::Error) -> String {
    format!(
        "FAILED {}\n  {error:#}\n  rule:    {}\n  written: {}\n  to mend: {}",
        step.name, step.rule, step.written, step.mend
    )
}

#[cfg(test)]
mod tests {
    use super::{STEPS, choose, explain};
    use std::collections::BTreeSet;

    #[test]
    fn every_step_says_what_it_wants() {
        let names: BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
        for step in STEPS {
            assert!(
                [step.rule, step.written, step.mend].iter().all(|text| !text.is_empty()),
                "{}",
                step.name
            );
        }
    }

    #[test]
    fn steps_run_in_the_order_asked_for() {
        let chosen = choose(&["tree".into(), "fmt".into()]).unwrap();
        assert_eq!(chosen.iter().map(|step| step.name).collect::<Vec<_>>(), ["tree", "fmt"]);
        assert_eq!(choose(&[]).unwrap().len(), STEPS.len());
    }

    #[test]
    fn an_unknown_step_is_an_error() {
        let error = choose(&["fnt".into()]).err().unwrap().to_string();
        assert_eq!(error, "no step \"fnt\"; `cargo xtask ci --list` has them all");
    }

    #[test]
    fn a_failure_names_the_rule_its_place_and_the_way_out() {
        let text = explain(&STEPS[0], &anyhow::anyhow!("it differs"));
        for part in ["it differs", "formatted", "rustfmt.toml", "cargo fmt --all"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

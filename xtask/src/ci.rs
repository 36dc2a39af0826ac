//! `cargo xtask ci`: everything a change has to pass, as one table of steps.
//!
//! The cheap steps come first. All steps that compile the whole workspace choose the same features, so that the
//! engines are compiled once a profile: checked for clippy and docs, built for tests, built in release for the
//! command that the end-to-end programs run.

use crate::{e2e, guests, project, setup, tidy, tree};
use anyhow::{Result, bail, ensure};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

/// The one choice of features for steps that take the whole workspace.
const WHOLE: &[&str] = &["--workspace", "--features", "wasi-facade/cli"];

/// A check, why it is there, and what to do when it fails.
struct Step {
    name: &'static str,
    rule: &'static str,
    written: &'static str,
    mend: &'static str,
    action: fn(&Shell) -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        rule: "code is formatted by rustfmt",
        written: "rustfmt.toml",
        mend: "run `cargo fmt --all`",
        action: |shell| Ok(cmd!(shell, "cargo fmt --all --check").run()?),
    },
    Step {
        name: "tidy",
        rule: "headers, sizes, layers, manifests and RFCs are in order",
        written: "xtask/src/tidy.rs",
        mend: "each finding above says how",
        action: |_| tidy::run(),
    },
    Step {
        name: "tree",
        rule: "no crate depends on what it must not know",
        written: "xtask/src/tree.rs",
        mend: "drop the dependency, or put it behind a feature or into the crate that may have it",
        action: |_| tree::run(),
    },
    Step {
        name: "clippy",
        rule: "clippy has nothing to say, with every choice of features that matters",
        written: "[workspace.lints] in Cargo.toml",
        mend: "mend what it points at, or allow it there with a reason",
        action: clippy,
    },
    Step {
        name: "docs",
        rule: "the documentation builds and every link in it resolves",
        written: "xtask/src/ci.rs",
        mend: "`cargo doc --workspace --no-deps --document-private-items` shows the same warnings",
        action: docs,
    },
    Step {
        name: "setup",
        rule: "outside tools, programs and models are there, with the pinned bytes",
        written: "xtask/src/packages.rs",
        mend: "`cargo xtask setup PACKAGE` fetches one again; the index, its client or the pin is at fault",
        action: |_| setup::run(&[]),
    },
    Step {
        name: "test",
        rule: "all tests pass, those in documentation included",
        written: "xtask/src/ci.rs",
        mend: "the failing test says what it expected; `cargo test --package CRATE NAME` runs it alone",
        action: |shell| Ok(cmd!(shell, "cargo test {WHOLE...} --no-fail-fast").run()?),
    },
    Step {
        name: "guests",
        rule: "the committed C guests are what their sources build to",
        written: "xtask/src/guests.rs",
        mend: "run `cargo xtask guests` and commit the modules",
        action: |_| guests::check(),
    },
    Step {
        name: "command",
        rule: "the release command builds",
        written: "xtask/src/project.rs",
        mend: "mend what the compiler points at",
        action: |shell| {
            let command = project::build_command(shell)?;
            println!("{}: {} KiB", command.display(), std::fs::metadata(&command)?.len() / 1024);
            Ok(())
        },
    },
    Step {
        name: "e2e",
        rule: "real programs run as they do in other runtimes",
        written: "xtask/src/e2e/programs.rs",
        mend: "`cargo xtask e2e PROGRAM` runs one program again and leaves its files in target/e2e",
        action: |_| e2e::run(&[]),
    },
];

/// Prints the steps.
pub(crate) fn list() {
    for step in STEPS {
        println!("{:8} {}", step.name, step.rule);
    }
}

/// Runs the named steps, or all, and sums up.
pub(crate) fn run(names: &[String], keep_going: bool) -> Result<()> {
    let steps = choose(names)?;
    let shell = project::shell()?;
    let mut outcomes = Vec::new();
    for step in steps {
        println!("==> {}: {}", step.name, step.rule);
        let start = Instant::now();
        let result = (step.action)(&shell);
        if let Err(error) = &result {
            println!("{}", explain(step, error));
        }
        outcomes.push((step.name, result.is_ok(), start.elapsed()));
        if result.is_err() && !keep_going {
            break;
        }
    }
    print!("{}", summary(&outcomes));
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.1).map(|outcome| outcome.0).collect();
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

fn summary(outcomes: &[(&str, bool, Duration)]) -> String {
    let mut lines = format!("\n{:10}{:8}{:>8}\n", "STEP", "RESULT", "SECONDS");
    for (name, passed, time) in outcomes {
        let result = if *passed { "ok" } else { "FAILED" };
        lines += &format!("{name:10}{result:8}{:>8.1}\n", time.as_secs_f64());
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.2).sum();
    lines + &format!("{:18}{:>8.1}\n", "total", total.as_secs_f64())
}

fn clippy(shell: &Shell) -> Result<()> {
    const CHOICES: &[&[&str]] = &[
        &["--package", "wasi-policy", "--no-default-features"],
        &["--package", "wasi-policy", "--no-default-features", "--features", "wasmtime"],
        &["--package", "wasi-policy", "--no-default-features", "--features", "wasmi"],
        &["--package", "wasi-snapshot", "--no-default-features"],
        &["--package", "wasi-nn", "--no-default-features"],
        &["--package", "wasi-nn", "--no-default-features", "--features", "onnx"],
        &["--package", "wasi-nn", "--no-default-features", "--features", "openvino"],
        &["--package", "wasi-facade", "--no-default-features", "--features", "snapshot,wasmi"],
        &["--package", "wasi-facade", "--no-default-features", "--features", "nn,wasmi"],
    ];
    cmd!(shell, "cargo clippy {WHOLE...} --all-targets -- -D warnings").run()?;
    for &choice in CHOICES {
        cmd!(shell, "cargo clippy {choice...} -- -D warnings").run()?;
    }
    Ok(())
}

fn docs(shell: &Shell) -> Result<()> {
    let _warnings = shell.push_env("RUSTDOCFLAGS", "-D warnings");
    Ok(cmd!(shell, "cargo doc {WHOLE...} --no-deps --document-private-items").run()?)
}

#[cfg(test)]
mod tests {
    use super::{STEPS, choose, explain, summary};
    use std::collections::BTreeSet;
    use std::time::Duration;

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

    #[test]
    fn the_summary_has_a_line_a_step_and_a_total() {
        let table =
            summary(&[("fmt", true, Duration::from_millis(1500)), ("tidy", false, Duration::from_secs(2))]);
        let expected = "\nSTEP      RESULT   SECONDS\n\
                        fmt       ok           1.5\n\
                        tidy      FAILED       2.0\n\
                        total                  3.5\n";
        assert_eq!(table, expected);
    }
}

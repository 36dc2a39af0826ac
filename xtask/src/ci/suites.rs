//! The steps that run tests: built once, then a suite at a time, then some of them again.

use super::Session;
use crate::suites::build::{Executable, executables};
use crate::suites::shares::{self, Measured, Program};
use crate::suites::{self, REST, Scope};
use crate::{budgets, flakes, project, untested};
use anyhow::{Context, Result, bail, ensure};
use std::io::{self, Write};
use wasi_policy::Descriptor;
use xshell::cmd;

/// Builds all tests.
pub(super) fn build(session: &mut Session) -> Result<()> {
    let built = programs(session)?;
    let bare: Vec<_> = proposals_without_tests(&built, session.proposals);
    ensure!(
        bare.is_empty(),
        "no tests for {}; a proposal NAME has them in the crate wasi-NAME",
        bare.join(", ")
    );
    let idle = suites::idle_needs(&built, suites::run::list)?;
    ensure!(
        idle.is_empty(),
        "{}; name the tests anew in xtask/src/suites.rs, or remove the row",
        idle.join(", ")
    );
    println!("{} programs of tests", built.len());
    Ok(())
}

/// Runs the suite that the session is at.
pub(super) fn run(session: &mut Session) -> Result<()> {
    let suite = session.suite;
    if let Some(reason) = untested::reason(session.proposals, suite) {
        session.skipped = Some(reason);
        return Ok(());
    }
    let mut measured = Measured { suite, programs: Vec::new(), is_cut: false };
    let mut failures = Vec::new();
    for executable in programs(session)? {
        if suites::of(&executable.package, session.proposals) != suite {
            continue;
        }
        let scope = suites::scope(&executable, session.proposals);
        measured.is_cut |= scope != Scope::Without(Vec::new());
        let Scope::Without(beginnings) = scope else {
            println!("skipped {}: it needs a proposal that is untested", executable.name());
            continue;
        };
        let skips = beginnings.iter().flat_map(|beginning| ["--skip".to_owned(), (*beginning).to_owned()]);
        let (program, failure) = run_one(&executable, &skips.collect::<Vec<_>>())?;
        measured.programs.push(program);
        failures.extend(failure);
    }
    println!("{suite}: {} tests, {:.1} s", measured.tests(), measured.took().as_secs_f64());
    session.measured.push(measured);
    if !failures.is_empty() {
        bail!("{}", failures.join("\n  "));
    }
    Ok(())
}

/// Runs the tests that `arguments` choose, and says what failed.
fn run_one(executable: &Executable, arguments: &[String]) -> Result<(Program, Option<String>)> {
    let name = executable.name();
    print!("{name:24} ");
    // The name of a program that hangs is the one thing to know about it.
    io::stdout().flush()?;
    let ran = suites::run::run(executable, arguments)?;
    let tests = ran.tests();
    println!("{tests:4} tests {:7.1} s  {}", ran.took.as_secs_f64(), arguments.join(" "));
    let failure = ran.trouble.map(|trouble| {
        println!("{}", ran.output);
        let failed = ran.answers.iter().filter(|(_, answer)| answer.is_bad());
        let failed: Vec<_> = failed.map(|(test, _)| test.as_str()).collect();
        format!("{name}: {trouble}; failed: {}", named(&failed))
    });
    Ok((Program { name, tests, took: ran.took, answers: ran.answers }, failure))
}

/// The first few names of a list; a program that dies may not have said in which test.
fn named(tests: &[&str]) -> String {
    /// Enough to know where to look.
    const MOST: usize = 8;
    if tests.is_empty() {
        return "a test that its output above does not name".to_owned();
    }
    let more = tests.len().saturating_sub(MOST);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    tests.iter().take(MOST).copied().collect::<Vec<_>>().join(", ") + &rest
}

/// Compares the time of each suite with that of all.
pub(super) fn compare(session: &mut Session) -> Result<()> {
    let names = suites::names(session.proposals);
    let Some(found) = shares::shares(&names, &session.measured) else {
        session.skipped = Some("a share is of all suites, and they did not all run in full".to_owned());
        return Ok(());
    };
    let proposals = names.iter().copied().filter(|name| *name != REST).collect::<Vec<_>>();
    let findings = shares::judge(&proposals, &session.measured, &found, &budgets::read()?.suite);
    ensure!(findings.is_empty(), "{}", findings.join("\n  "));
    Ok(())
}

/// Runs the examples in the documentation, which one process does for all crates at once.
pub(super) fn examples(session: &mut Session) -> Result<()> {
    let whole = project::WHOLE;
    let rest = suites::without_examples(session.proposals);
    for package in &rest {
        println!("skipped the examples of {package}: it needs a proposal that is untested");
    }
    let skips: Vec<_> =
        rest.iter().flat_map(|package| ["--skip".to_owned(), format!("{package}/")]).collect();
    cmd!(session.shell, "cargo test {whole...} --doc --no-fail-fast -- {skips...}").run()?;
    Ok(())
}

/// Repeats a sample of the tests, which the commit decides, and compares with what the suites said.
pub(super) fn repeat(session: &mut Session) -> Result<()> {
    /// Once more for the order, and once more for chance.
    const ROUNDS: usize = 2;
    let commit = cmd!(session.shell, "git rev-parse HEAD").quiet().read()?;
    let seed = commit.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let seed = seed.with_context(|| format!("git names the commit {commit:?}"))?;
    println!(
        "the commit chooses: on this one, `cargo xtask ci flakes` repeats the same tests in the same order"
    );
    let chosen = flakes::choose(&programs(session)?, session.proposals)?;
    for program in session.measured.iter().flat_map(|measured| &measured.programs) {
        session.flakes.expect(&program.name, &program.answers);
    }
    flakes::repeat(&flakes::sample(chosen, seed), ROUNDS, seed, &mut session.flakes)?;
    session.flakes.judge()
}

/// All programs of tests, built when they are first asked for.
fn programs(session: &mut Session) -> Result<Vec<Executable>> {
    if session.programs.is_empty() {
        session.programs = executables(&session.shell)?;
    }
    Ok(session.programs.clone())
}

fn proposals_without_tests(built: &[Executable], proposals: &[Descriptor]) -> Vec<&'static str> {
    let has_tests = |name: &&str| built.iter().any(|one| suites::of(&one.package, proposals) == *name);
    proposals.iter().map(Descriptor::name).filter(|name| !has_tests(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::{named, proposals_without_tests, run_one};
    use crate::suites::build::Executable;
    use wasi_policy::{Descriptor, Stage};

    /// This very program, as if it were of some package.
    fn ours(package: &str) -> Executable {
        Executable {
            package: package.to_owned(),
            target: "lib".to_owned(),
            program: std::env::current_exe().unwrap(),
            folder: env!("CARGO_MANIFEST_DIR").into(),
        }
    }

    #[test]
    #[ignore = "it fails, and the test below runs it"]
    fn fails() {
        panic!("as it is told to");
    }

    #[test]
    fn a_test_that_fails_is_named() {
        let arguments = ["--ignored", "--exact", "ci::suites::tests::fails"].map(str::to_owned);
        let (program, failure) = run_one(&ours("wasi-nn"), &arguments).unwrap();
        assert_eq!(program.tests, 1);
        let failure = failure.unwrap();
        assert!(failure.starts_with("wasi-nn:lib: "), "{failure}");
        assert!(failure.ends_with("; failed: ci::suites::tests::fails"), "{failure}");
    }

    #[test]
    fn a_long_list_is_cut_short() {
        assert_eq!(named(&["a", "b"]), "a, b");
        assert!(named(&[]).contains("does not name"));
        assert_eq!(named(&["a"; 10]), "a, a, a, a, a, a, a, a and 2 more");
    }

    #[test]
    fn a_proposal_without_tests_is_named() {
        let rows = [Descriptor::new("nn", Stage::Two), Descriptor::new("new", Stage::Zero)];
        assert_eq!(proposals_without_tests(&[ours("wasi-nn"), ours("xtask")], &rows), ["new"]);
    }
}

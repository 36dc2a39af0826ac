//! The whole way of a new proposal, in a copy of the workspace: made, argued for, built, gated.
//!
//! Nothing of this can be a unit test, since it compiles. The copy builds into the folder of this workspace with the same
//! choice of features, so that what is compiled again is the workspace's own crates and nothing else.

mod copy;
mod gates;

use super::plan;
use crate::project::WHOLE;
use anyhow::{Result, ensure};
use copy::Copy;
use std::time::Instant;
use wasi_policy::matrix::PROPOSALS;
use xshell::cmd;

/// A proposal that is made.
struct Made {
    name: &'static str,
    stage: u8,
    /// Whether its row says that it is linked without a flag.
    is_lax: bool,
}

/// The stages at which no proposal of ours is, so that their gates are seen at work nowhere else.
const MADE: &[Made] = &[
    Made { name: "rehearsed-zero", stage: 0, is_lax: false },
    Made { name: "rehearsed-one", stage: 1, is_lax: false },
    Made { name: "rehearsed-three", stage: 3, is_lax: true },
    Made { name: "rehearsed-four", stage: 4, is_lax: true },
    Made { name: "rehearsed-five", stage: 5, is_lax: false },
];

/// Goes the whole way.
pub(crate) fn run() -> Result<()> {
    let mut start = Instant::now();
    let mut done = |what: &str| {
        println!("{:6.1} s  {what}", start.elapsed().as_secs_f64());
        start = Instant::now();
    };
    let copy = Copy::new()?;
    for made in MADE {
        plan(&copy.root, made.name, made.stage)?.write(&copy.root)?;
        super::format(&copy.shell, made.name)?;
    }
    done("made in a copy of the workspace");
    copy.refuses_open_prompts()?;
    copy.answer_prompts()?;
    copy.refuses_stages_without_platforms()?;
    copy.claim_platforms()?;
    cmd!(copy.shell, "cargo xtask staging --write").quiet().ignore_stdout().run()?;
    copy.passes(&["fmt", "tidy", "staging", "tree"])?;
    done("argued for, and in order: fmt, tidy, staging, tree");
    copy.refuses_stage_0_by_default()?;
    done("refused where it was compiled in by default");
    cmd!(copy.shell, "cargo clippy --quiet {WHOLE...} --lib --test smoke -- -D warnings").run()?;
    done("clippy has nothing to say");
    cmd!(copy.shell, "cargo build --quiet {WHOLE...} --bin wasi --test smoke").run()?;
    done("built, as a part of the command");
    // What is untested is skipped here, too.
    let off: Vec<_> = PROPOSALS.iter().filter(|row| row.untested_reason().is_some()).collect();
    let resting: Vec<_> = off.iter().map(|row| format!("--exclude=wasi-{}", row.name())).collect();
    let smoke: Vec<_> = ["--test", "smoke"].into_iter().chain(resting.iter().map(String::as_str)).collect();
    let passed = copy.tests(&smoke)?;
    let binaries = passed.matches("test result: ok. 2 passed").count();
    ensure!(binaries == PROPOSALS.len() - off.len() + MADE.len(), "{binaries} smoke tests passed:\n{passed}");
    for made in MADE {
        gates::check(&copy, made)?;
    }
    done("smoke tests pass, and the gate asks for flags as each stage says");
    let passed = copy.tests(&["--doc", "--", "wasi-rehearsed"])?;
    let examples = passed.matches("test result: ok. 1 passed").count();
    ensure!(examples == MADE.len(), "{examples} examples passed:\n{passed}");
    done("examples do what they say");
    if let Some(row) = off.first() {
        println!("skipped the facade's tests: they may need {}, which is untested", row.name());
        return Ok(());
    }
    copy.tests(&["--test", "library", "--test", "command", "--", "own::", "policy::", "stages::"])?;
    done("tests of the policy that were there before pass with more proposals");
    Ok(())
}

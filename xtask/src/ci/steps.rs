//! The steps of `cargo xtask ci`, as one table.
//!
//! The cheap steps come first. All steps that compile the whole workspace choose the same features, so that the
//! engines are compiled once a profile: checked for clippy and docs, built for tests, built in release for the
//! command that the end-to-end programs run.

use super::{EACH_SUITE, Step, suites};
use crate::project::WHOLE;
use crate::{
    e2e, elsewhere, features, guests, lines, new_proposal, platforms, setup, size, staging, tidy, tools, tree,
};
use xshell::cmd;

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "setup",
        rule: "outside tools, programs and models are there, with the pinned bytes",
        written: "xtask/packages.toml",
        fix: "`cargo xtask setup PACKAGE` fetches one again; the index, its client or the pin is at fault",
        action: |_| setup::run(&[]),
    },
    Step {
        name: "fmt",
        rule: "code is formatted by rustfmt",
        written: "rustfmt.toml",
        fix: "run `cargo fmt --all`",
        action: |session| Ok(cmd!(session.shell, "cargo fmt --all --check").run()?),
    },
    Step {
        name: "tidy",
        rule: "headers, sizes, layers, manifests, RFCs and spelling are in order",
        written: "xtask/src/tidy and typos.toml",
        fix: "each finding above says how; a word that is right goes to typos.toml",
        action: |_| tidy::run().and_then(|()| tools::spelling()),
    },
    Step {
        name: "staging",
        rule: "every proposal is where its stage allows it to be, docs/STAGING.md says where, and tests are off for a while at most",
        written: "xtask/src/staging, xtask/src/metadata.rs and xtask/src/untested.rs",
        fix: "each finding above says how; `cargo xtask staging --write` writes the page",
        action: |_| staging::run(false),
    },
    Step {
        name: "dependencies",
        rule: "no crate depends on what it must not know; licences, sources and bans are in order",
        written: "xtask/src/tree.rs and deny.toml",
        fix: "drop the dependency, put it behind a feature or into the crate that may have it, or argue in deny.toml",
        action: |_| tree::run().and_then(|()| tools::deny()),
    },
    Step {
        name: "clippy",
        rule: "clippy finds nothing, with all features",
        written: "[workspace.lints] in Cargo.toml",
        fix: "fix what it points at, or allow it there with a reason",
        action: |session| {
            Ok(cmd!(session.shell, "cargo clippy {WHOLE...} --all-targets -- -D warnings").run()?)
        },
    },
    Step {
        name: "features",
        rule: "every feature builds alone, the pairs that embedders take are tested, README says what they bring, and \
               the hosted workflow has the machines that are promised",
        written: "xtask/src/features.rs and xtask/src/platforms.rs",
        fix: "each finding above says how; `cargo xtask ci features` repeats it",
        action: |_| features::run().and_then(|()| platforms::run()),
    },
    Step {
        name: EACH_SUITE,
        rule: "all tests of the suite pass",
        written: "xtask/src/suites.rs",
        fix: "the failing test says what it expected; `cargo test --package CRATE NAME` runs it alone",
        action: suites::run,
    },
    Step {
        name: "elsewhere",
        rule: "the tests of policy, snapshot and the facade on wasmi pass on Windows, as far as Wine stands for it, and \
               clippy finds nothing there and on macOS",
        written: "xtask/elsewhere.toml",
        fix: "`cargo xtask platforms TARGET` repeats it for one; what Wine cannot do is listed, with its reason, and the rest is a fault",
        action: |session| super::elsewhere(session, elsewhere::Extent::EveryChange),
    },
    Step {
        name: "lines",
        rule: "an older and a newer release of engines run all guests as the workspace's do",
        written: "engines/lines.toml",
        fix: "`cargo xtask lines NAME` repeats it; the workspace that it tests is in target/lines",
        action: |session| {
            let lines = lines::OF_EVERY_CHANGE.map(str::to_owned);
            let skipped = lines::run(&lines, lines::Extent::Short)?;
            session.skipped = (!skipped.is_empty()).then(|| skipped.join("; "));
            Ok(())
        },
    },
    Step {
        name: "docs",
        rule: "the documentation builds, every link in it resolves, and its examples do what they say",
        written: "xtask/src/ci/suites.rs",
        fix: "fix the link, the example or what it shows; `cargo test --doc --package CRATE` runs the examples of a crate",
        action: suites::docs,
    },
    Step {
        name: "flakes",
        rule: "a test passes every time, in any order",
        written: "xtask/src/flakes.rs",
        fix: "find what the test shares or waits for; `cargo xtask flakes -p PROPOSAL -n 20` shows how often it fails",
        action: suites::repeat,
    },
    Step {
        name: "new-proposal",
        rule: "a proposal that `cargo xtask new-proposal` makes passes everything, and is gated as its stage says",
        written: "xtask/src/new_proposal/rehearsal.rs",
        fix: "fix the template, or the place that the finding names; target/new-proposal has what was made",
        action: |_| new_proposal::rehearsal::run(),
    },
    Step {
        name: "guests",
        rule: "the committed guests are what their sources build to",
        written: "xtask/src/guests.rs",
        fix: "run `cargo xtask guests` and commit the modules",
        action: |_| guests::check(),
    },
    Step {
        name: "size",
        rule: "the crates and what they bring in stay within their budgets",
        written: "xtask/budgets.toml",
        fix: "make it smaller, or argue for a larger budget in the commit",
        action: |_| size::run(),
    },
    Step {
        name: "e2e",
        rule: "real programs run as they do in other runtimes",
        written: "xtask/src/e2e/programs.rs",
        fix: "`cargo xtask e2e PROGRAM` runs one program again and leaves its files in target/e2e",
        action: |session| e2e::run(&[], session.proposals),
    },
];

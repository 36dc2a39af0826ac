//! The steps of `cargo xtask ci`, as one table.
//!
//! The cheap steps come first. All steps that compile the whole workspace choose the same features, so that the
//! engines are compiled once a profile: checked for clippy and docs, built for tests, built in release for the
//! command that the end-to-end programs run.

use super::{EACH_SUITE, Session, Step, suites};
use crate::project::WHOLE;
use crate::{
    e2e, features, guests, new_proposal, platforms, project, release, setup, size, staging, tidy, tree,
};
use anyhow::Result;
use xshell::cmd;

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        rule: "code is formatted by rustfmt",
        written: "rustfmt.toml",
        mend: "run `cargo fmt --all`",
        action: |session| Ok(cmd!(session.shell, "cargo fmt --all --check").run()?),
    },
    Step {
        name: "tidy",
        rule: "headers, sizes, layers, manifests and RFCs are in order",
        written: "xtask/src/tidy.rs",
        mend: "each finding above says how",
        action: |_| tidy::run(),
    },
    Step {
        name: "staging",
        rule: "every proposal is where its stage allows it to be, and docs/STAGING.md says where",
        written: "wasi-policy/src/demands.rs and xtask/src/staging",
        mend: "each finding above says how; `cargo xtask staging --write` writes the page",
        action: |_| staging::run(false),
    },
    Step {
        name: "tree",
        rule: "no crate depends on what it must not know",
        written: "xtask/src/tree.rs",
        mend: "drop the dependency, or put it behind a feature or into the crate that may have it",
        action: |_| tree::run(),
    },
    Step {
        name: "switched-off",
        rule: "a proposal is off in CI for a while at most, and its maintainers are told",
        written: "xtask/src/switch_off.rs",
        mend: "whoever keeps the proposal decides, in wasi-policy/src/matrix.rs",
        action: suites::switched_off,
    },
    Step {
        name: "clippy",
        rule: "clippy has nothing to say, with all features",
        written: "[workspace.lints] in Cargo.toml",
        mend: "mend what it points at, or allow it there with a reason",
        action: clippy,
    },
    Step {
        name: "features",
        rule: "every feature builds alone, the pairs that embedders take are tested, and README says what they cost",
        written: "xtask/src/features/choices.rs",
        mend: "what is above says how; `cargo xtask features` repeats it",
        action: |_| features::run(),
    },
    Step {
        name: "platforms",
        rule: "conditions on platforms have counterparts, and libraries compile for every target that is installed",
        written: "xtask/src/platforms.rs",
        mend: "each finding above says how",
        action: |_| platforms::run(),
    },
    Step {
        name: "docs",
        rule: "the documentation builds and every link in it resolves",
        written: "xtask/src/ci/steps.rs",
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
        name: "build-tests",
        rule: "all tests build, and each proposal has some",
        written: "xtask/src/suites/build.rs",
        mend: "mend what the compiler points at; a proposal's first test is tests/smoke.rs in its crate",
        action: suites::build,
    },
    Step {
        name: EACH_SUITE,
        rule: "all tests of the suite pass",
        written: "xtask/src/suites.rs",
        mend: "the failing test says what it expected; `cargo test --package CRATE NAME` runs it alone",
        action: suites::run,
    },
    Step {
        name: "shares",
        rule: "no proposal's tests take more than their share of the time of all tests",
        written: "xtask/budgets.toml",
        mend: "make the programs above faster or split what they do, or argue for a larger share in the commit",
        action: suites::compare,
    },
    Step {
        name: "examples",
        rule: "the examples in the documentation do what they say",
        written: "xtask/src/ci/suites.rs",
        mend: "mend the example or what it shows; `cargo test --doc --package CRATE` runs a crate's",
        action: suites::examples,
    },
    Step {
        name: "flakes",
        rule: "a test answers the same every time, in any order and on a busy machine",
        written: "xtask/src/flakes.rs",
        mend: "find what the test shares or waits for; `cargo xtask flakes -p PROPOSAL -n 20` shows how often it fails",
        action: suites::repeat,
    },
    Step {
        name: "new-proposal",
        rule: "a proposal that `cargo xtask new-proposal` makes passes everything, and is gated as its stage says",
        written: "xtask/src/new_proposal/rehearsal.rs",
        mend: "mend the template, or the place that the finding names; target/new-proposal has what was made",
        action: |_| new_proposal::rehearsal::run(),
    },
    Step {
        name: "guests",
        rule: "the committed guests are what their sources build to",
        written: "xtask/src/guests.rs",
        mend: "run `cargo xtask guests` and commit the modules",
        action: |_| guests::check(),
    },
    Step {
        name: "release-check",
        rule: "each crate could be released: its version fits its interface, and its package builds",
        written: "xtask/src/release.rs",
        mend: "each finding above says how; `cargo xtask release-check` repeats it",
        action: |_| release::check(),
    },
    Step {
        name: "command",
        rule: "the release command builds",
        written: "xtask/src/project.rs",
        mend: "mend what the compiler points at",
        action: |session| {
            let command = project::build_command_with(&session.shell, &["--timings"])?;
            println!("{}: {} KiB", command.display(), std::fs::metadata(&command)?.len() / 1024);
            Ok(())
        },
    },
    Step {
        name: "size",
        rule: "crates, dependencies and the command stay within their budgets",
        written: "xtask/budgets.toml",
        mend: "each finding above says how; the report is in target/report/size.md",
        action: |_| size::run(None),
    },
    Step {
        name: "e2e",
        rule: "real programs run as they do in other runtimes",
        written: "xtask/src/e2e/programs.rs",
        mend: "`cargo xtask e2e PROGRAM` runs one program again and leaves its files in target/e2e",
        action: |session| e2e::run(&[], session.proposals),
    },
];

fn clippy(session: &mut Session) -> Result<()> {
    Ok(cmd!(session.shell, "cargo clippy {WHOLE...} --all-targets -- -D warnings").run()?)
}

fn docs(session: &mut Session) -> Result<()> {
    let _warnings = session.shell.push_env("RUSTDOCFLAGS", "-D warnings");
    Ok(cmd!(session.shell, "cargo doc {WHOLE...} --no-deps --document-private-items").run()?)
}

//! The steps that take too long for every change, as one table: `cargo xtask ci --all` runs them after the others.
//!
//! A long step is a step like any other, and runs alone by its name. One that runs a test for longer than a change
//! can wait sets the variable that says how long, and starts `cargo test` with the features of all other steps.

use super::{Session, Step};
use crate::project::{self, WHOLE};
use crate::{elsewhere, go_suite, lines, remote, size, untested};
use anyhow::Result;
use xshell::cmd;

/// Seconds of sequences that nobody has seen yet.
const DIFFERENTIAL: &str = "600";

/// The steps of every change whose work a long one does as well, and more: with `--all`, `platforms` and `all-lines` do it.
pub(super) const PARTS: &[&str] = &["elsewhere", "lines"];

pub(super) const LONG: &[Step] = &[
    Step {
        name: "go-suite",
        rule: "Go's own tests of files, paths and sockets pass on each engine",
        written: "xtask/go_suite.toml",
        fix: "target/e2e/go-suite has all output; what no runtime could do is listed, with its reason, and the rest is a fault",
        action: |session| {
            session.skipped = go_suite::run(session.proposals)?;
            Ok(())
        },
    },
    Step {
        name: "differential",
        rule: "sequences of file calls do through a guest what they do natively, for ten minutes of fresh ones",
        written: "wasi-snapshot/tests/differential",
        fix: "the shortest sequence is printed with its seed, which `PROPTEST_RNG_SEED` repeats; CONTRIBUTING.md says how",
        action: differential,
    },
    Step {
        name: "posix",
        rule: "the tests of snapshot pass with what systems run that have no more than POSIX, such as macOS",
        written: "wasi-snapshot/src/sys/unix/posix.rs",
        fix: "fix unix/posix.rs; a test of what only Linux has says so by `cfg_attr(wasi_posix_only, ignore)`",
        action: posix,
    },
    Step {
        name: "platforms",
        rule: "the crates compile for other systems, and their tests pass there as far as Wine and qemu stand for these",
        written: "xtask/elsewhere.toml",
        fix: "`cargo xtask platforms TARGET` repeats it for one; what cannot run is listed, with its reason, and the rest is a fault",
        action: |session| super::elsewhere(session, elsewhere::Extent::Whole),
    },
    Step {
        name: "remote",
        rule: "a guest infers on servers that people run, with the outputs that NVIDIA's client gets",
        written: "wasi-nn/tests/real_servers",
        fix: "target/remote/NAME/log.txt has what a server says; `cargo xtask remote` repeats it",
        action: |session| {
            session.skipped = match untested::reason(session.proposals, "nn") {
                None => remote::run()?,
                reason => reason,
            };
            Ok(())
        },
    },
    Step {
        name: "all-lines",
        rule: "every release of engines that has an adapter runs all guests",
        written: "engines/lines.toml",
        fix: "`cargo xtask lines NAME` repeats it; the workspace that it tests is in target/lines",
        action: |_| {
            // Those that no compiler here can run say so, and are no reason to skip the others.
            lines::run(&[], lines::Extent::Whole).map(drop)
        },
    },
    Step {
        name: "command",
        rule: "the release command builds, and stays within its budget of bytes",
        written: "xtask/budgets.toml",
        fix: "make it smaller, or argue for a larger budget in the commit",
        action: |_| size::command(),
    },
    Step {
        name: "moved",
        rule: "a program that uses wasmi_wasi moves to our crates by few edits, and does what it did",
        written: "xtask/inputs/wasmi_cli.toml",
        fix: "the edit or the run is named; the program is in target/moved/wasmi_cli",
        action: |_| lines::moved::run(),
    },
    Step {
        name: "benches",
        rule: "every bench runs once, and all sides of inference compute the same",
        written: "benches",
        fix: "the bench that failed says what it expected; `cargo xtask bench GROUP` measures its group",
        action: |session| {
            // Without `--bench`, which `cargo bench` adds, they test; peers would compile the engines once more.
            let benches = ["--bench", "wasi", "--bench", "inference", "--bench", "ratios"];
            Ok(cmd!(session.shell, "cargo test {WHOLE...} {benches...}").run()?)
        },
    },
];

fn differential(session: &mut Session) -> Result<()> {
    session.skipped = untested::reason(session.proposals, "snapshot");
    if session.skipped.is_none() {
        let test = cmd!(session.shell, "cargo test {WHOLE...} --test differential");
        test.env("WASI_DIFFERENTIAL", DIFFERENTIAL).run()?;
    }
    Ok(())
}

/// Compiles the workspace under our own `cfg`, by a wrapper of the compiler.
fn posix(session: &mut Session) -> Result<()> {
    session.skipped = untested::reason(session.proposals, "snapshot");
    if !cfg!(target_os = "linux") {
        session.skipped = Some("this is not Linux, which alone has two halves to choose from".to_owned());
    }
    if session.skipped.is_none() {
        let programs =
            ["--lib", "--test", "calls", "--test", "differential", "--test", "resources", "--test", "smoke"];
        let wrapper = project::root().join("xtask/inputs/posix_rustc.sh");
        let test = cmd!(session.shell, "cargo test {WHOLE...} {programs...}");
        test.env("RUSTC_WORKSPACE_WRAPPER", wrapper).run()?;
    }
    Ok(())
}

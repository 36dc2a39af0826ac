//! The steps that take too long for every change, as one table: `cargo xtask ci --all` runs them after the others.
//!
//! A long step is a step like any other, and runs alone by its name. One that runs a test for longer than a change
//! can wait sets the variable that says how long, and starts `cargo test` with the features of all other steps.

use super::Step;
use crate::go_suite;

pub(super) const LONG: &[Step] = &[Step {
    name: "go-suite",
    rule: "Go's own tests of files, paths and sockets pass on each engine",
    written: "xtask/src/go_suite.rs",
    fix: "target/e2e/go-suite has all output; what no runtime could do is listed, with its reason, and the rest is a fault",
    action: |session| {
        session.skipped = go_suite::run(session.proposals)?;
        Ok(())
    },
}];

//! Every errno that a call documents, made to happen.
//!
//! Each row is one way to fail, on a fresh [`Fixture`], through both modules. The harness looks at what is
//! not written; a test below compares the rows with the documentation of the calls in both directions.

mod documented;
mod fd;
mod path;
mod path_ends;
mod rest;

pub(crate) use path::CALLS;

use crate::common::errno::Errno;
use crate::common::fixture::{Fixture, populated};
use crate::common::tree;
use std::rc::Rc;
use wasi_snapshot::Limits;

/// One way for a call to fail.
pub(crate) struct Row {
    call: &'static str,
    errno: &'static str,
    why: &'static str,
    act: fn(&mut Fixture) -> Errno,
}

/// Rows as `call: "errno" "why" => |fixture| ...;`
macro_rules! rows {
    ($($call:ident: $errno:literal $why:literal => $act:expr;)*) => {
        pub(super) const ROWS: &[$crate::rows::Row] = &[$($crate::rows::Row {
            call: stringify!($call),
            errno: $errno,
            why: $why,
            act: $act,
        }),*];
    };
}
use rows;

fn all() -> impl Iterator<Item = &'static Row> {
    [fd::ROWS, path::ROWS, path_ends::ROWS, rest::ROWS].into_iter().flatten()
}

/// Runs every row, and says all that is wrong at once. A call that fails must leave all files as they are,
/// so the rows can share them.
fn run(prepare: fn(&mut Fixture), rows: impl Iterator<Item = &'static Row>) {
    let root = populated();
    let mut limits = Limits::default();
    limits.max_fds = 32;
    let before = tree::describe(root.path());
    let mut wrong = Vec::new();
    for Row { call, errno, why, act } in rows {
        let mut fixture = Fixture::over(Rc::clone(&root), limits.clone());
        prepare(&mut fixture);
        let given = act(&mut fixture);
        if given != Errno::named(errno) {
            wrong.push(format!("{call} gave {given:?} and not {errno}: {why}"));
        }
        assert_eq!(tree::describe(root.path()), before, "{call} changed files: {why}, {errno}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_call_fails_as_documented() {
    run(|_| {}, all());
}

#[test]
fn the_older_module_fails_alike() {
    run(|fixture| fixture.use_unstable(), all().filter(|row| row.call != "sock_accept"));
}

#[test]
fn calls_on_shared_memory_fail_alike() {
    run(|fixture| fixture.shared = true, all());
}
